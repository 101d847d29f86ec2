import { formatCount } from '../format-number.ts';
import { html, type Html } from '../html.ts';
import type { ReportArtifact, ReportCalls } from './report-base.ts';
import { sumReported, type TokenSum } from './sum-reported.ts';
import { row, shortHash, table, tableBody } from './table.ts';

/** Model calls and tokens by stage, with their sum. */
export function callsTable(calls: readonly ReportCalls[]): Html {
  const counts = ({ sent, answered, failed, lost }: Pick<ReportCalls, 'sent' | 'answered' | 'failed' | 'lost'>) =>
    [sent, answered, failed, lost].map(formatCount);
  const sums = sumReported(calls);
  const total = html`<tfoot>
    ${row('all', [...counts(sums), sumCell(sums.promptTokens), sumCell(sums.completionTokens)])}
  </tfoot>`;
  const rows = calls.map((entry) =>
    row(entry.stage, [...counts(entry), formatCount(entry.promptTokens), formatCount(entry.completionTokens)]),
  );
  const head = ['stage', 'sent', 'answered', 'failed', 'lost (repeated)', 'tokens in', 'tokens out'];
  return table('Model calls by stage', head, html`${tableBody(rows)}${total}`);
}

/** A sum that lacks calls is marked as too small. */
function sumCell({ known, unreportedCalls }: TokenSum): string {
  return known !== null && unreportedCalls > 0 ? `at least ${formatCount(known)}` : formatCount(known);
}

/** Where the rows came from: each artifact with the step that made it. */
export function artifactTable(artifacts: readonly ReportArtifact[]): Html {
  const rows = artifacts.map((artifact) =>
    row(html`<code>${artifact.name}</code>`, [
      artifact.step,
      shortHash(artifact.contentHash),
      formatCount(artifact.rows),
    ]),
  );
  return table('Artifacts of the run', ['artifact', 'made by', 'hash', 'rows'], tableBody(rows));
}
