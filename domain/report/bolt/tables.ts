import { DROP_REASONS } from '../../bolt/bolt-query.ts';
import { SAMPLE_FATES, type SampleFate, type Yield, type YieldTable } from '../../bolt/yields.ts';
import { formatCount, formatNumber, formatSeconds } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { share } from '../count-cells.ts';
import { row, shortHash, table, tableBody } from '../table.ts';
import type { CurationFunnel, SftReport } from './bolt-report.ts';

/** Queries that each step of the curation let through and left out. */
export function funnelTable({ collected, drops, kept }: CurationFunnel): Html {
  let left = collected;
  const rows = DROP_REASONS.map((reason) => {
    const before = left;
    left -= drops[reason];
    return row(html`<code>${reason}</code>`, [share(drops[reason], before), formatCount(left)]);
  });
  const head = ['left out because of', 'queries', 'left'];
  return html`${table(
      `Curation: ${formatCount(collected)} queries collected, ${formatCount(kept)} kept`,
      head,
      tableBody(rows),
    )}
    <p class="note">
      Each step looks at what the earlier ones let through. A query whose labels could not be read is left out for that,
      and is not counted as easy.
    </p>`;
}

/** Every query that was left out, and why. */
export function droppedList({ dropped }: CurationFunnel): Html | null {
  if (dropped.length === 0) return null;
  const rows = dropped.map(({ promptId, reason, detail }) =>
    row(html`<code>${promptId}</code>`, [html`<code>${reason}</code>`, detail]),
  );
  return html`<details>
    <summary><h3>Queries that were left out</h3></summary>
    ${table('Queries that were left out', ['query', 'because of', 'fact'], tableBody(rows))}
  </details>`;
}

/** What each topic gave: queries with a row, and the format yield, each with its denominator. */
export function topicTable({ all, byTopic }: YieldTable): Html {
  const cells = (entry: Yield): Html[] => [
    share(entry.keptQueries, entry.queries),
    share(entry.valid, entry.samples - entry.fates.failed),
    share(entry.lostToCut, entry.queries),
    share(entry.noValid, entry.queries),
  ];
  const rows = byTopic.map((entry) => row(entry.topic, cells(entry)));
  const head = ['topic', 'queries with a row', 'valid, of answered', 'lost to the cut', 'no valid response'];
  const total = html`<tfoot>
    ${row('all', cells(all))}
  </tfoot>`;
  return table('Yield by topic', head, html`${tableBody(rows)}${total}`);
}

/** What became of every sample, one column a topic. Fates that no sample has are left out. */
export function fateTable({ all, byTopic }: YieldTable): Html {
  const occurring = SAMPLE_FATES.filter((fate) => all.fates[fate] > 0);
  const rows = occurring.map((fate) =>
    row(html`<code>${fate}</code>`, [
      share(all.fates[fate], all.samples),
      ...byTopic.map(({ fates }) => countCell(fates, fate)),
    ]),
  );
  const total = html`<tfoot>
    ${row('samples', [formatCount(all.samples), ...byTopic.map(({ samples }) => formatCount(samples))])}
  </tfoot>`;
  const head = ['what became of it', 'all', ...byTopic.map(({ topic }) => topic)];
  return table('Samples by what became of them', head, html`${tableBody(rows)}${total}`);
}

/** What supervised fine-tuning did. */
export function sftTable({ training, publish }: SftReport): Html {
  const rows = [
    row('rows trained on', [formatCount(training.rows)]),
    row('rows dropped (too long)', [formatCount(training.dropped)]),
    row('rows dropped (changed by the chat template)', [formatCount(training.unfaithful ?? 0)]),
    row('steps', [formatCount(training.steps)]),
    row('resumed from step', [training.resumedFromStep === null ? 'none' : formatCount(training.resumedFromStep)]),
    row('final loss', [formatNumber(training.finalLoss, 3)]),
    row('time', [formatSeconds(training.trainSeconds)]),
    ...(publish === null
      ? [row('published', ['no'])]
      : [
          row('mean change, nats a token', [formatNumber(publish.meanChange, 4)]),
          row('mean disagreement, nats a token', [formatNumber(publish.meanDisagreement, 4)]),
          row('served as', [html`<code>${publish.servedModel}</code>`]),
          row('hash of the weights', [shortHash(publish.adapterHash)]),
        ]),
  ];
  return table('Supervised fine-tuning', ['', 'SFT'], tableBody(rows));
}

function countCell(fates: Readonly<Record<SampleFate, number>>, fate: SampleFate): string {
  return formatCount(fates[fate]);
}
