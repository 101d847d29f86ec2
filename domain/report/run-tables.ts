import { formatCount } from '../format-number.ts';
import { html, type Html } from '../html.ts';
import { folderOf, type Lineage } from './lineage.ts';
import type { ReportCalls } from './report-base.ts';
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

/** Where the rows came from: artifacts with the step that made each, and below those of a folder how many more it has. */
export function artifactTable({ artifacts, moreArtifacts }: Lineage): Html {
  const lastOf = new Map(artifacts.map((artifact) => [folderOf(artifact.name), artifact]));
  const moreAfter = new Map(moreArtifacts.map((more) => [lastOf.get(more.folder), more]));
  const rows = artifacts.flatMap((artifact) => {
    const more = moreAfter.get(artifact);
    return [
      row(html`<code>${artifact.name}</code>`, [
        artifact.step,
        shortHash(artifact.contentHash),
        formatCount(artifact.rows),
      ]),
      ...(more === undefined
        ? []
        : [
            row(html`and ${formatCount(more.artifacts)} more in <code>${more.folder}</code>`, [
              '',
              '',
              formatCount(more.rows),
            ]),
          ]),
    ];
  });
  return table('Artifacts of the run', ['artifact', 'made by', 'hash', 'rows'], tableBody(rows));
}
