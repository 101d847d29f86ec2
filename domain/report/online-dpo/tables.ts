import { formatCount, formatNumber, formatSeconds } from '../../format-number.ts';
import { html, type Html, type HtmlValue } from '../../html.ts';
import { share } from '../count-cells.ts';
import type { ThinnedCounts } from '../../rounds/thin-checklist.ts';
import { formatBounds } from '../format-interval.ts';
import { row, rowGroup, shortHash, table, tableBody } from '../table.ts';
import { roundName } from './charts.ts';
import type { OnlineDpoReport, ReportEvaluation, ReportRound } from './online-dpo-report.ts';

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
      { name: 'ended as loops', value: (round) => formatCount(round.looped) },
      { name: 'unparsed verdicts', value: (round) => formatCount(round.unparsed) },
      { name: 'mean pass rate', value: (round) => formatNumber(round.meanPassRate, 3) },
    ],
  ],
  [
    'Selection',
    [
      { name: 'prompts', value: (round) => formatCount(round.prompts) },
      { name: 'of them in place of others', value: (round) => formatCount(round.extraPrompts) },
      { name: 'prompts trained on', value: (round) => formatCount(round.promptsUsed) },
      { name: 'all answers equal', value: (round) => formatCount(round.allEqual) },
      { name: 'margin too small', value: (round) => formatCount(round.marginTooSmall) },
      { name: 'length too unequal', value: (round) => formatCount(round.tooUnequalLength) },
      { name: 'too few judged', value: (round) => formatCount(round.tooFewJudged) },
      { name: 'no answer good enough', value: (round) => formatCount(round.noneGoodEnough) },
      { name: 'left out: small item gap', value: (round) => formatCount(round.gapsTooSmall) },
      { name: 'left out: repeats another', value: (round) => formatCount(round.duplicates) },
      { name: 'rows', value: (round) => `${formatCount(round.rows)} ${round.kind}` },
      {
        name: 'items that every answer meets',
        value: (round) => `${formatCount(round.itemsSaturated)} of ${formatCount(round.itemsJudged)}`,
      },
      { name: 'items not asked: by chance', value: ofThinned(({ itemsDropped }) => itemsDropped) },
      { name: 'items not asked: retired', value: ofThinned(({ itemsRetired }) => itemsRetired) },
      {
        name: 'prompts without an item left',
        value: ({ thinned }) => (thinned === undefined ? NONE : formatCount(thinned.promptsRetired)),
      },
    ],
  ],
  [
    'Training',
    [
      { name: 'rows trained on', value: ofTraining((training) => formatCount(training.rows)) },
      { name: 'rows dropped (too long)', value: ofTraining((training) => formatCount(training.dropped)) },
      {
        name: 'rows dropped (changed by the chat template)',
        value: ofTraining((training) => formatCount(training.unfaithful ?? 0)),
      },
      { name: 'steps', value: ofTraining((training) => formatCount(training.steps)) },
      {
        name: 'resumed from step',
        value: ofTraining((training) =>
          (training.resumedFromStep ?? 0) === 0 ? NONE : formatCount(training.resumedFromStep),
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
      { name: 'hash of the weights', value: ofPublish((publish) => shortHash(publish.adapterHash)) },
    ],
  ],
];

function ofThinned(count: (thinned: ThinnedCounts) => number): Measure['value'] {
  return ({ thinned }) =>
    thinned === undefined ? NONE : `${formatCount(count(thinned))} of ${formatCount(thinned.itemsOffered)}`;
}

function ofTraining(format: (training: NonNullable<ReportRound['training']>) => HtmlValue): Measure['value'] {
  return ({ training }) => (training === null ? 'not trained' : format(training));
}

function ofPublish(format: (publish: NonNullable<ReportRound['publish']>) => HtmlValue): Measure['value'] {
  return ({ publish }) => (publish === null ? 'not published' : format(publish));
}

/** What the gates found in each round, and what became of it. */
export function gatesTable(rounds: readonly ReportRound[]): Html {
  const rows = rounds.flatMap(({ round, gates }) => {
    if (gates === null) return [];
    const answer = gates.answer === null ? '' : ` (${gates.answer === 'approve' ? 'approved' : 'rejected'})`;
    return [
      ...gates.findings.map(({ gate, passed, text }) =>
        row(roundName(round), [gate, passed ? 'passed' : 'failed', text]),
      ),
      row(roundName(round), ['decision', `${gates.outcome ?? 'waits for an answer'}${answer}`, '']),
    ];
  });
  return table('What the gates said', ['round', 'gate', 'result', 'measured'], tableBody(rows));
}

/** Held-out numbers of each policy version, with their denominators. */
export function evaluationTable(
  { evaluations, differences }: Pick<OnlineDpoReport, 'evaluations' | 'differences'>,
  nameOf = roundName,
): Html {
  const hasKl = evaluations.some(({ kl }) => kl !== null);
  const hasGold = evaluations.some(({ gold }) => gold !== null);
  const rows = evaluations.map((entry) => {
    const difference = differences.find(({ round }) => round === entry.round)?.interval ?? null;
    return row(html`<span title="${entry.policyStamp}">${nameOf(entry.round)}</span>`, [
      formatNumber(entry.interval?.mean ?? null, 3),
      formatBounds(entry.interval),
      ...(hasGold ? [formatNumber(entry.gold?.mean ?? null, 3), formatBounds(entry.gold)] : []),
      ...(hasKl ? klCells(entry.kl) : []),
      entry.round === 0 ? '' : formatNumber(difference?.mean ?? null, 3),
      entry.round === 0 ? '' : formatBounds(difference),
      formatCount(entry.prompts),
      formatCount(entry.completions),
      formatCount(entry.failed),
      formatCount(entry.unparsed),
      share(entry.undecided.count, entry.undecided.of),
      formatCount(entry.truncated),
      formatCount(entry.looped),
    ]);
  });
  const head = [
    'policy',
    'pass rate',
    'interval',
    ...(hasGold ? ['gold', 'interval of gold'] : []),
    ...(hasKl ? ['KL from base, nats a token (k3)', 'interval of KL', 'tokens'] : []),
    'change from base',
    'interval of change',
    'prompts',
    'answers',
    'failed',
    'unparsed',
    'undecided answers',
    'truncated',
    'ended as loops',
  ];
  return table('Held-out evaluation of each policy version', head, tableBody(rows));
}

function klCells(kl: ReportEvaluation['kl']): readonly string[] {
  if (kl === null) return ['', '', ''];
  const { k3 } = kl;
  const bounds = k3 === null ? formatNumber(null, 4) : `[${formatNumber(k3.low, 4)}, ${formatNumber(k3.high, 4)}]`;
  return [formatNumber(k3?.mean ?? null, 4), bounds, `${formatCount(kl.tokens)} of ${formatCount(kl.answers)} answers`];
}

/** One column a round, measures below each other, so that rounds compare at a glance. */
export function roundsTable(rounds: readonly ReportRound[], nameOf = roundName): Html {
  const body = MEASURES.map(([group, measures]) =>
    rowGroup(
      group,
      rounds.length + 1,
      measures.map((measure) =>
        row(
          measure.name,
          rounds.map((round) => measure.value(round)),
        ),
      ),
    ),
  );
  return table('What each round did', ['', ...rounds.map(({ round }) => nameOf(round))], body);
}

/** Pass rate for each kind of verifier, before and after. */
export function kindTable({ evaluations }: Pick<OnlineDpoReport, 'evaluations'>, nameOf = roundName): Html {
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
  const head = ['decided by', ...evaluations.map(({ round }) => nameOf(round))];
  return table('Held-out items answered yes, by what decided them', head, tableBody(rows));
}
