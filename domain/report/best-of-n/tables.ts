import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html, type HtmlValue } from '../../html.ts';
import { share, undecidedRow, verdictRows } from '../count-cells.ts';
import { formatBounds, formatSigned } from '../format-interval.ts';
import { row, rowGroup, table, tableBody } from '../table.ts';
import type { CountOf } from '../tally-verdicts.ts';
import type { BestOfNReport } from './best-of-n-report.ts';
import { ARM_NAME, DECIDED_WORDS } from './words.ts';

/** Every way to pick an answer, measured alike; the gain is that of Best-of-N over it. */
export function armsTable({ arms, keepTies }: BestOfNReport): Html {
  const rows = arms.map(({ arm, interval, prompts, gainOverArm, precision, precisionPrompts }) =>
    row(ARM_NAME[arm], [
      formatNumber(interval?.mean ?? null, 3),
      formatBounds(interval),
      formatCount(prompts),
      ...(arm === 'best-of-n'
        ? ['', '', '']
        : [formatSigned(gainOverArm?.mean ?? null, 3), formatBounds(gainOverArm), formatCount(gainOverArm?.n ?? 0)]),
      ...(precision === null ? ['', ''] : [formatNumber(precision, 3), formatCount(precisionPrompts)]),
    ]),
  );
  const ties = keepTies ? 'a set of tied candidates counts with its mean' : 'ties are broken by the tie chain';
  return table(
    `Ways to pick an answer, measured by the same gold verdicts; ${ties}`,
    [
      'arm',
      'gold pass rate',
      'interval',
      'prompts',
      'Best-of-N gains',
      'interval of gain',
      'prompts',
      'picks truly best',
      'prompts',
    ],
    tableBody(rows),
  );
}

/** How drawing and selecting went, with the denominator of every count. */
export function selectionTable({ tally }: BestOfNReport): Html {
  const one = ({ count, of }: CountOf): HtmlValue => share(count, of);
  const chosen = tally.notChosen.of - tally.notChosen.count;
  const { judgeChosen } = tally;
  const groups = [
    rowGroup('Candidates', 2, [
      row('prompts', [formatCount(tally.prompts)]),
      row('answers, of those asked for', [one(tally.candidates)]),
      row('failed', [share(tally.candidates.of - tally.candidates.count, tally.candidates.of)]),
      row('truncated', [one(tally.truncated)]),
      row('ended as loops', [one(tally.looped)]),
      row('different texts a prompt, mean', [formatNumber(tally.meanDistinct, 2)]),
      row('prompts whose candidates all say the same', [one(tally.onlyOneDistinct)]),
    ]),
    rowGroup('Selection', 2, [
      row('prompts without a choice', [one(tally.notChosen)]),
      row('prompts with a tie at the top', [one(tally.tied)]),
      ...tally.decidedBy.map(([decidedBy, count]) =>
        row(`decided by ${DECIDED_WORDS[decidedBy]}`, [share(count, chosen)]),
      ),
      row(
        'judge’s pass rate of the choice (it selected: not quality)',
        judgeCells(judgeChosen?.chosen, judgeChosen?.n),
      ),
      row('judge’s pass rate of all candidates, same prompts', judgeCells(judgeChosen?.all, judgeChosen?.n)),
    ]),
    rowGroup('Verdicts of the judge that selects', 2, verdictRows([tally.judgeVerdicts])),
    rowGroup('Gold verdicts', 2, [...verdictRows([tally.goldVerdicts]), undecidedRow([tally.goldUndecided])]),
    ...scoreGroup(tally),
  ];
  return table('Counts, each with what it is out of', ['', 'count'], html`${groups}`);
}

function judgeCells(rate: number | undefined, prompts: number | undefined): readonly HtmlValue[] {
  return [html`${formatNumber(rate ?? null, 3)} <span class="quiet">over ${formatCount(prompts ?? 0)} prompts</span>`];
}

function scoreGroup({ selfScoreUnreadable, rewardMissing }: BestOfNReport['tally']): readonly Html[] {
  const rows = [
    ...(selfScoreUnreadable === null
      ? []
      : [row('self-scores unreadable', [share(selfScoreUnreadable.count, selfScoreUnreadable.of)])]),
    ...(rewardMissing === null ? [] : [row('rewards missing', [share(rewardMissing.count, rewardMissing.of)])]),
  ];
  return rows.length === 0 ? [] : [rowGroup('Scores of the baselines', 2, rows)];
}
