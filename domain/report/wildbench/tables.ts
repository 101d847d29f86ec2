import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import type { JudgeBoard, RewardResult, ScoreResult } from '../../wildbench/board.ts';
import { LEADERBOARD_HEADS, leaderboardCells } from '../../wildbench/leaderboard-cells.ts';
import { OUTCOMES } from '../../wildbench/outcome.ts';
import { TASK_GROUPS } from '../../wildbench/task-groups.ts';
import { share } from '../count-cells.ts';
import { formatConfidence, formatSigned } from '../format-interval.ts';
import { row, rowGroup, table, tableBody } from '../table.ts';
import type { WildbenchReport } from './wildbench-report.ts';

/** The ranking of one judge, in the units of the published leaderboard. */
export function leaderboardTable({ judge, leaderboard }: JudgeBoard, confidence: number): Html {
  const [rank, model, ...heads] = LEADERBOARD_HEADS.map((head) =>
    // The interval of Elo is always of the central 95 %.
    head.startsWith('WB-Elo') ? head : head.replace('95%', formatConfidence(confidence)),
  );
  const rows = leaderboard.map((entry) => {
    const [place, name, ...cells] = leaderboardCells(entry);
    return row(name ?? '', [place ?? '', ...cells]);
  });
  return table(`Leaderboard by ${judge}`, [model ?? '', rank ?? '', ...heads], tableBody(rows));
}

/** Scores by policy, with the denominator of every count. */
export function scoreTable(
  { policies, judge }: JudgeBoard,
  { reference, tasksInSet, confidence }: WildbenchReport,
): Html {
  const rows = policies.flatMap(({ policy, scores }) =>
    scores === null ? [] : [row(policy, scoreCells(scores, tasksInSet))],
  );
  return table(
    `Scores by ${judge}: 1 to 10; the difference is of adjusted scores x10, ${formatConfidence(confidence)} interval`,
    ['policy', 'mean score', 'above ' + reference, 'tasks', 'in the mean', 'unreadable', 'missing', 'empty', 'cut'],
    tableBody(rows),
  );
}

function scoreCells(scores: ScoreResult, tasks: number): readonly (string | Html)[] {
  const { aboveReference: above, total, unreadable, missing, empty, truncated, score } = scores;
  const judged = tasks - missing;
  return [
    formatNumber(score, 2),
    above === null
      ? ''
      : `${formatSigned(above.mean * 10, 1)} [${formatNumber(above.low * 10, 1)}, ${formatNumber(above.high * 10, 1)}]`,
    above === null ? '' : formatCount(above.n),
    share(total, tasks),
    share(unreadable, judged),
    share(missing, tasks),
    share(empty, judged),
    share(truncated, judged),
  ];
}

/** Adjusted scores and rewards by group of tasks; a task counts in each of its groups. */
export function groupTable({ policies, judge }: JudgeBoard, [firstPenalty = -1]: readonly number[]): Html {
  const rows = policies.flatMap(({ policy, scores, rewards }) => {
    const scored =
      scores === null ? [] : [groupRow(`${policy}: score x10`, 10, { ...scores, macro: scores.taskMacroScore })];
    const compared = rewards
      .filter(({ lengthPenaltyChars }) => lengthPenaltyChars === firstPenalty)
      .map((reward) =>
        groupRow(`${policy}: reward x100 against ${reward.baseline}`, 100, {
          ...reward,
          macro: reward.taskMacroReward,
        }),
      );
    return [...scored, ...compared];
  });
  return table(`Groups of tasks by ${judge} (judgments)`, ['', ...TASK_GROUPS, 'weighted, interval'], tableBody(rows));
}

interface GroupedMeans extends Pick<ScoreResult, 'groups' | 'taskMacroInterval'> {
  readonly macro: number | null;
}

function groupRow(name: string, scale: number, { groups, macro, taskMacroInterval: interval }: GroupedMeans): Html {
  const cells = TASK_GROUPS.map((group) => {
    const found = groups.find((entry) => entry.group === group);
    return found === undefined
      ? 'no task'
      : html`${formatNumber(found.value * scale, 1)} <span class="quiet">(${formatCount(found.n)})</span>`;
  });
  const range =
    interval === null ? '' : ` [${formatNumber(interval.low * scale, 1)}, ${formatNumber(interval.high * scale, 1)}]`;
  return row(name, [...cells, `${formatNumber(macro === null ? null : macro * scale, 1)}${range}`]);
}

/** Rewards by baseline and length penalty, with the outcomes behind them. */
export function rewardTable({ policies, judge }: JudgeBoard): Html {
  const head = ['K', 'reward x100', 'interval', ...OUTCOMES, 'counted', 'dropped', 'unreadable', 'missing'];
  const groups = policies.flatMap(({ policy, rewards }) =>
    [...new Set(rewards.map(({ baseline }) => baseline))].map((baseline) =>
      rowGroup(
        `${policy} against ${baseline}`,
        head.length,
        rewards.filter((reward) => reward.baseline === baseline).map(rewardRow),
      ),
    ),
  );
  return table(`Rewards by ${judge}; much better counts 1, slightly better 0.5`, head, groups);
}

function rewardRow(result: RewardResult): Html {
  const { lengthPenaltyChars, reward, low, high, counts, counted, total, dropped, unreadable, missing } = result;
  const asked = total + unreadable;
  return row(lengthPenaltyChars < 0 ? 'none' : formatCount(lengthPenaltyChars), [
    formatNumber(reward === null ? null : reward * 100, 1),
    low === null || high === null ? '' : `[${formatNumber(low * 100, 1)}, ${formatNumber(high * 100, 1)}]`,
    ...OUTCOMES.map((outcome) => formatCount(counts[outcome])),
    share(counted, total),
    share(dropped, total),
    share(unreadable, asked),
    share(missing, asked + missing),
  ]);
}

/** How often both orders of a pair say the same; `null` where none was judged twice. */
export function consistencyTable({ policies, judge }: JudgeBoard): Html | null {
  const rows = policies.flatMap(({ policy, rewards }) => {
    const first = rewards.filter(
      ({ lengthPenaltyChars }) => lengthPenaltyChars === (rewards[0]?.lengthPenaltyChars ?? -1),
    );
    return first.flatMap(({ baseline, consistency: { bothOrders, sameWinner, sameOutcome } }) =>
      bothOrders === 0
        ? []
        : [row(`${policy} against ${baseline}`, [share(sameWinner, bothOrders), share(sameOutcome, bothOrders)])],
    );
  });
  if (rows.length === 0) return null;
  return table(`Pairs that ${judge} judged in both orders`, ['pair', 'same winner', 'same outcome'], tableBody(rows));
}

/** Who answered, and how it went. */
export function policyTable({ policies }: WildbenchReport): Html {
  const rows = policies.map(({ name, servedModel, trainedBy, answers, failed, lengthLimited, looped }) =>
    row(name, [
      html`<code>${servedModel}</code>`,
      trainedBy === null ? 'as served' : `${trainedBy.runName}, round ${trainedBy.round}`,
      formatCount(answers),
      share(failed, answers),
      share(lengthLimited, answers),
      share(looped, answers),
    ]),
  );
  return table(
    'Policies',
    ['policy', 'model', 'trained by', 'answers', 'failed', 'ended by the length limit', 'ended as loops'],
    tableBody(rows),
  );
}
