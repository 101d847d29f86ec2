import { html, type Html } from '../../html.ts';
import { describeDraw } from '../../synthesis/describe-draw.ts';
import type { SynthesisRow } from '../../synthesis/synthesis-row.ts';
import { section } from '../section.ts';
import type { MagpieReport } from './magpie-report.ts';
import { qualityTable } from './quality-table.ts';
import { factTable, funnelTable, groupTable } from './tables.ts';

/** What the report page of Magpie shows before and after its table of calls. */
export function magpieSections(report: MagpieReport): { readonly results: Html; readonly samples: readonly Html[] } {
  const isEmpty = report.all.drawn === 0;
  const none = 'No batch was drawn.';
  return {
    results: html`${report.notices.map((notice) => html`<p class="note">${notice}</p>`)}
    ${section('From queries to rows', isEmpty ? null : funnelTable(report), none)}
    ${section('By sampling and steering', isEmpty ? null : groupsOf(report), none)}
    ${section('How good the rows are', qualityTable(report.quality), 'Nothing was tagged, compared or scored.')}
    ${section('Lengths and costs', isEmpty ? null : factsOf(report), none)}
    ${section('Dropped rows, one of each reason', droppedOf(report), 'Nothing was dropped.')}`,
    samples: report.samples.map(sampleBlock),
  };
}

function groupsOf({ all, cells, steerings }: MagpieReport): Html {
  return html`${groupTable('By temperature and nucleus', [...cells, all])}
    ${steerings.length > 1 ? groupTable('By steering prompt', [...steerings, all]) : null}
    <p class="note">
      A query is counted as user-voiced when it asks, speaks in the first or second person, or begins with an order: a
      rule of thumb for English. Exact duplicates are counted against all earlier queries of the run, blanks and case
      aside.
    </p>`;
}

function factsOf(report: MagpieReport): Html {
  const { preQuery } = report;
  return html`${factTable(report)}
  ${
    preQuery === null
      ? null
      : html`<details>
          <summary>What comes before a query</summary>
          <pre>${preQuery}</pre>
        </details>`
  }`;
}

function droppedOf({ droppedSamples }: MagpieReport): Html | null {
  if (droppedSamples.length === 0) return null;
  return html`<details>
    <summary>${droppedSamples.length} rows</summary>
    ${droppedSamples.map(sampleBlock)}
  </details>`;
}

function sampleBlock(row: SynthesisRow): Html {
  const { rowId, messages, origin, dropped, tags, neighbour, rewards, replyFinish } = row;
  const steeredBy = origin.method === 'magpie' ? origin.steeredBy : undefined;
  const facts = [
    `${describeDraw(origin)}, seed ${origin.seed}`,
    ...(steeredBy === undefined ? [] : [`steered by ${steeredBy}`]),
    ...Object.entries(tags ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [`${name}: ${value}`] : [])),
    ...(typeof neighbour?.minDistance === 'number' ? [`nearest query at ${neighbour.minDistance.toFixed(3)}`] : []),
    ...(typeof rewards?.reward === 'number' ? [`reward ${rewards.reward.toFixed(3)}`] : []),
    ...(replyFinish === 'length' ? ['reply cut by its length'] : []),
  ];
  return html`<details class="sample" ${dropped === undefined ? html` open` : null}>
    <summary>
      <h3>${dropped === undefined ? rowId.slice(0, 12) : `${dropped.by}: ${dropped.reason}`}</h3>
      <span class="quiet">${facts.join('; ')}</span>
    </summary>
    ${messages.map(
      ({ role, content }) =>
        html`<div class="message">
          <span class="role">${role}</span>
          <pre>${content === '' ? '(empty)' : content}</pre>
        </div>`,
    )}
  </details>`;
}
