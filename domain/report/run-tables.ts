import { formatCount } from '../format-number.ts';
import { html, type Html } from '../html.ts';
import type { ReportArtifact, ReportCalls } from './report-base.ts';
import { sumReported } from './sum-reported.ts';
import { row, shortHash, table, tableBody } from './table.ts';

/** Model calls and tokens by stage, with their sum. */
export function callsTable(calls: readonly ReportCalls[]): Html {
  const cells = (entry: ReportCalls): string[] =>
    [entry.sent, entry.answered, entry.failed, entry.lost, entry.promptTokens, entry.completionTokens].map(formatCount);
  const total = html`<tfoot>
    ${row('all', cells(sumReported(calls)))}
  </tfoot>`;
  const rows = calls.map((entry) => row(entry.stage, cells(entry)));
  const head = ['stage', 'sent', 'answered', 'failed', 'lost (repeated)', 'tokens in', 'tokens out'];
  return table('Model calls by stage', head, html`${tableBody(rows)}${total}`);
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
