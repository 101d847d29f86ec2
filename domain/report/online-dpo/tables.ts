import { formatCount, formatNumber, formatSeconds } from './format-number.ts';
import { html, type Html, type HtmlValue } from './html.ts';
import { sumReported } from './report-calls.ts';
import { roundName } from './report-chart.ts';
import { formatBounds } from './report-headline.ts';
import type { ReportRound, RunReport } from './run-report.ts';

interface Measure {
  readonly name: string;
  readonly value: (round: ReportRound) => HtmlValue;
}

const NONE = 'none';

const MEASURES: readonly (readonly [group: string, measures: readonly Measure[]])[] = [
  [
    'Rollouts',
    [
      { name: 'rollouts', value: (round) => formatCount(round.rollouts) },
      { name: 'failed', value: (round) => formatCount(round.failed) },
      { name: 'truncated', value: (round) => formatCount(round.truncated) },
      { name: 'unparsed verdicts', value: (round) => formatCount(round.unparsed) },
      { name: 'mean pass rate', value: (round) => formatNumber(round.meanPassRate, 3) },
    ],
  ],
  [
    'Preference pairs',
    [
      { name: 'prompts', value: (round) => formatCount(round.prompts) },
      { name: 'prompts with a pair', value: (round) => formatCount(round.promptsWithPair) },
      { name: 'all answers equal', value: (round) => formatCount(round.allEqual) },
      { name: 'margin too small', value: (round) => formatCount(round.marginTooSmall) },
      { name: 'too few judged', value: (round) => formatCount(round.tooFewJudged) },
      { name: 'pairs', value: (round) => formatCount(round.pairs) },
    ],
  ],
  [
    'Training',
    [
      { name: 'pairs trained on', value: ofTraining((training) => formatCount(training.pairs)) },
      { name: 'pairs dropped (too long)', value: ofTraining((training) => formatCount(training.dropped)) },
      { name: 'steps', value: ofTraining((training) => formatCount(training.steps)) },
      {
        name: 'resumed from step',
        value: ofTraining((training) =>
          training.resumedFromStep === null ? NONE : formatCount(training.resumedFromStep),
        ),
      },
      { name: 'final loss', value: ofTraining((training) => formatNumber(training.finalLoss, 3)) },
      { name: 'final margin', value: ofTraining((training) => formatNumber(training.finalMargin, 3)) },
      { name: 'time', value: ofTraining((training) => formatSeconds(training.trainSeconds)) },
    ],
  ],
  [
    'Publish probe',
    [
      { name: 'mean change, nats a token', value: ofPublish((publish) => formatNumber(publish.meanChange, 4)) },
      {
        name: 'mean disagreement, nats a token',
        value: ofPublish((publish) => formatNumber(publish.meanDisagreement, 4)),
      },
      { name: 'served as', value: ofPublish((publish) => html`<code>${publish.servedModel}</code>`) },
      { name: 'adapter', value: ofPublish((publish) => shortHash(publish.adapterHash)) },
    ],
  ],
];

function ofTraining(format: (training: NonNullable<ReportRound['training']>) => HtmlValue): Measure['value'] {
  return ({ training }) => (training === null ? 'not trained' : format(training));
}

function ofPublish(format: (publish: NonNullable<ReportRound['publish']>) => HtmlValue): Measure['value'] {
  return ({ publish }) => (publish === null ? 'not published' : format(publish));
}

/** The first 12 digits of a hash; the whole one shows on hover and lies in the artifact's manifest. */
export function shortHash(hash: string): Html {
  return html`<code title="${hash}">${hash.slice(0, 12)}</code>`;
}

/** A table that scrolls sideways by itself, by mouse or keyboard, so that the page never does. */
function table(caption: string, head: readonly string[], body: HtmlValue): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      ${body}
    </table>
  </div>`;
}

function row(name: HtmlValue, values: readonly HtmlValue[]): Html {
  return html`<tr>
    <th scope="row">${name}</th>
    ${values.map((value) => html`<td>${value}</td>`)}
  </tr> `;
}

/** Held-out numbers of each policy version, with their denominators. */
export function evaluationTable({ evaluations, differences }: RunReport): Html {
  const rows = evaluations.map((entry) => {
    const difference = differences.find(({ round }) => round === entry.round)?.interval ?? null;
    return row(html`<span title="${entry.policyStamp}">${roundName(entry.round)}</span>`, [
      formatNumber(entry.interval?.mean ?? null, 3),
      formatBounds(entry.interval),
      entry.round === 0 ? '' : formatNumber(difference?.mean ?? null, 3),
      entry.round === 0 ? '' : formatBounds(difference),
      formatCount(entry.prompts),
      formatCount(entry.completions),
      formatCount(entry.failed),
      formatCount(entry.unparsed),
      formatCount(entry.truncated),
    ]);
  });
  const head = [
    'policy',
    'pass rate',
    'interval',
    'change from base',
    'interval of change',
    'prompts',
    'answers',
    'failed',
    'unparsed',
    'truncated',
  ];
  return table(
    'Held-out evaluation of each policy version',
    head,
    html`<tbody>
      ${rows}
    </tbody>`,
  );
}

/** One column a round, measures below each other, so that rounds compare at a glance. */
export function roundsTable(rounds: readonly ReportRound[]): Html {
  const body = MEASURES.map(
    ([group, measures]) =>
      html`<tbody>
        <tr class="group">
          <th scope="rowgroup" colspan="${rounds.length + 1}">${group}</th>
        </tr>
        ${measures.map((measure) =>
          row(
            measure.name,
            rounds.map((round) => measure.value(round)),
          ),
        )}
      </tbody>`,
  );
  return table('What each round did', ['', ...rounds.map(({ round }) => roundName(round))], body);
}

/** Pass rate for each kind of verifier, before and after. */
export function kindTable({ evaluations }: RunReport): Html {
  const kinds = [...new Set(evaluations.flatMap(({ byKind }) => byKind.map(({ kind }) => kind)))].toSorted();
  const rows = kinds.map((kind) =>
    row(
      html`<code>${kind}</code>`,
      evaluations.map(({ byKind }) => {
        const tally = byKind.find((entry) => entry.kind === kind);
        if (tally === undefined || tally.decided === 0) return formatNumber(null, 2);
        return html`${formatNumber(tally.yes / tally.decided, 2)}
          <span class="quiet">${formatCount(tally.yes)} of ${formatCount(tally.decided)}</span>`;
      }),
    ),
  );
  const head = ['decided by', ...evaluations.map(({ round }) => roundName(round))];
  return table(
    'Held-out items answered yes, by what decided them',
    head,
    html`<tbody>
      ${rows}
    </tbody>`,
  );
}

/** Model calls and tokens by stage, with their sum. */
export function callsTable({ calls }: RunReport): Html {
  const cells = (entry: RunReport['calls'][number]): string[] =>
    [entry.sent, entry.answered, entry.failed, entry.lost, entry.promptTokens, entry.completionTokens].map(formatCount);
  const total = html`<tfoot>
    ${row('all', cells(sumReported(calls)))}
  </tfoot>`;
  const rows = calls.map((entry) => row(entry.stage, cells(entry)));
  const head = ['stage', 'sent', 'answered', 'failed', 'lost (repeated)', 'tokens in', 'tokens out'];
  return table(
    'Model calls by stage',
    head,
    html`<tbody>
        ${rows}
      </tbody>
      ${total}`,
  );
}

/** Where the rows came from: each artifact with the step that made it. */
export function artifactTable({ artifacts }: RunReport): Html {
  const rows = artifacts.map((artifact) =>
    row(html`<code>${artifact.name}</code>`, [
      artifact.step,
      shortHash(artifact.contentHash),
      formatCount(artifact.rows),
    ]),
  );
  return table(
    'Artifacts of the run',
    ['artifact', 'made by', 'hash', 'rows'],
    html`<tbody>
      ${rows}
    </tbody>`,
  );
}
