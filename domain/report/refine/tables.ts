import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html, type HtmlValue } from '../../html.ts';
import type { StopReason } from '../../refine/refinement.ts';
import { share, undecidedRow, verdictRows } from '../count-cells.ts';
import { formatBounds, formatSigned } from '../format-interval.ts';
import type { ReportInterval } from '../report-base.ts';
import { row, rowGroup, table, tableBody } from '../table.ts';
import type { VerdictTally } from '../tally-verdicts.ts';
import type { ItemFlips, LoopResult, PlainMean, RefineReport, RefineTurn } from './refine-report.ts';
import { LOOP_NAME, returnsOf, STOP_WORDS } from './words.ts';

const GOLD_HEAD = ['gold pass rate', 'interval', 'prompts', 'change from turn 0', 'interval of change', 'prompts'];

/** One loop, turn by turn: gold first, and set apart from it the judge that steered. */
export function turnTable({ loop, turns, goldVerdicts, judgeVerdicts }: LoopResult): Html {
  const columns: readonly (readonly [heads: readonly string[], cells: (turn: RefineTurn) => readonly HtmlValue[]])[] = [
    ...(goldVerdicts === null ? [] : [[GOLD_HEAD, goldCells] as const]),
    ...(judgeVerdicts === null ? [] : [[['judge’s pass rate (steered, not quality)', 'prompts'], judgeCells] as const]),
    [['truncated, of new answers'], ({ newAnswers, truncated }: RefineTurn) => [share(truncated, newAnswers)]],
    [['ended as loops, of new answers'], ({ newAnswers, looped }: RefineTurn) => [share(looped, newAnswers)]],
  ];
  const rows = turns.map((turn) =>
    row(
      `turn ${turn.turn}`,
      columns.flatMap(([, cells]) => cells(turn)),
    ),
  );
  return table(
    `${LOOP_NAME[loop]}: what each prompt’s answer is worth at each turn; one that had stopped keeps its last answer`,
    ['turn', ...columns.flatMap(([heads]) => heads)],
    tableBody(rows),
  );
}

/** What was returned, against the first answers and against the baseline. */
export function returnedTable(report: RefineReport): Html {
  const rows = report.loops.map((result) =>
    row(`${LOOP_NAME[result.loop]}, ${returnsOf(result.loop, report)}`, goldCells(result.returned)),
  );
  const { advantage } = report;
  const compared =
    advantage === null
      ? []
      : [
          row(`STICK − self-refine, turn ${report.turnLimit}`, ['', '', '', ...changeCells(advantage.atLastTurn)]),
          row('STICK − self-refine, returned', ['', '', '', ...changeCells(advantage.returned)]),
        ];
  return table(
    'What was returned: against the first answers, and STICK against its baseline, paired by prompt',
    ['', 'gold pass rate', 'interval', 'prompts', 'difference', 'interval of difference', 'prompts'],
    tableBody([...rows, ...compared]),
  );
}

/** How it went, with the denominator of every count. */
export function countsTable({ loops }: RefineReport): Html {
  const cells = (pick: (result: LoopResult) => HtmlValue) => loops.map((result) => pick(result));
  const reasons = [...new Set(loops.flatMap(({ stopReasons }) => stopReasons.map(([reason]) => reason)))];
  const refused = [...new Set(loops.flatMap(({ turnedDown }) => turnedDown.map(([reason]) => reason)))];
  const countOf = <Name extends StopReason>(counts: readonly (readonly [Name, number])[], reason: StopReason) =>
    counts.find(([name]) => name === reason)?.[1] ?? 0;
  const allRefused = ({ turnedDown }: LoopResult) => turnedDown.reduce((sum, [, count]) => sum + count, 0);
  const columns = loops.length + 1;
  const groups = [
    rowGroup('Prompts', columns, [
      row(
        'without any answer',
        cells(({ prompts, answered }) => share(prompts - answered, prompts)),
      ),
      ...reasons.map((reason) =>
        row(
          html`stopped: ${STOP_WORDS[reason]}`,
          cells(({ stopReasons, prompts }) => share(countOf(stopReasons, reason), prompts)),
        ),
      ),
    ]),
    rowGroup('Rewrites', columns, [
      row(
        'asked for',
        cells(({ rewritesAsked }) => formatCount(rewritesAsked)),
      ),
      row(
        'turned down',
        cells((result) => share(allRefused(result), result.rewritesAsked)),
      ),
      ...refused.map((reason) =>
        row(
          html`turned down: ${STOP_WORDS[reason]}`,
          cells((result) => share(countOf(result.turnedDown, reason), allRefused(result))),
        ),
      ),
    ]),
    rowGroup('Items changed by rewriting', columns, [
      row(
        'gold: gained, of those failed before',
        cells((result) => gained(result.goldFlips, result.goldVerdicts)),
      ),
      row(
        'gold: lost, of those passed before',
        cells((result) => lost(result.goldFlips, result.goldVerdicts)),
      ),
      row(
        'judge: gained, of those failed before',
        cells((result) => gained(result.judgeFlips, result.judgeVerdicts)),
      ),
      row(
        'judge: lost, of those passed before',
        cells((result) => lost(result.judgeFlips, result.judgeVerdicts)),
      ),
    ]),
    rowGroup('Answers', columns, [
      row(
        'kept',
        cells(({ answers }) => formatCount(answers)),
      ),
      row(
        'truncated',
        cells(({ truncated, answers }) => share(truncated, answers)),
      ),
      row(
        'ended as loops',
        cells(({ looped, answers }) => share(looped, answers)),
      ),
    ]),
    rowGroup('Gold verdicts', columns, [
      ...verdictRows(loops.map(({ goldVerdicts }) => goldVerdicts)),
      undecidedRow(loops.map(({ goldUndecided }) => goldUndecided)),
    ]),
    rowGroup(
      'Verdicts of the judge that steers',
      columns,
      verdictRows(loops.map(({ judgeVerdicts }) => judgeVerdicts)),
    ),
  ];
  return table(
    'Counts, each with what it is out of',
    ['', ...loops.map(({ loop }) => LOOP_NAME[loop])],
    html`${groups}`,
  );
}

function goldCells({ gold, change }: Pick<RefineTurn, 'gold' | 'change'>): readonly HtmlValue[] {
  const head = [formatNumber(gold?.mean ?? null, 3), formatBounds(gold), formatCount(gold?.n ?? 0)];
  return [...head, ...(change === null ? ['', '', ''] : changeCells(change))];
}

function changeCells(change: ReportInterval | null): readonly HtmlValue[] {
  return [formatSigned(change?.mean ?? null, 3), formatBounds(change), formatCount(change?.n ?? 0)];
}

function judgeCells({ judge }: { readonly judge: PlainMean | null }): readonly HtmlValue[] {
  return [html`<span class="quiet">${formatNumber(judge?.mean ?? null, 3)}</span>`, formatCount(judge?.n ?? 0)];
}

function gained(flips: ItemFlips | null, verdicts: VerdictTally | null): HtmlValue {
  return flips === null ? whyNoFlips(verdicts) : share(flips.gained, flips.failedBefore);
}

function lost(flips: ItemFlips | null, verdicts: VerdictTally | null): HtmlValue {
  return flips === null ? whyNoFlips(verdicts) : share(flips.lost, flips.passedBefore);
}

function whyNoFlips(verdicts: VerdictTally | null): string {
  return verdicts === null ? 'not judged' : 'another checklist each turn';
}
