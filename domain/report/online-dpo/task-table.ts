import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import type { TaskReward, TaskScores } from '../../wildbench/task-measures.ts';
import { formatBounds, formatSigned } from '../format-interval.ts';
import { row, table, tableBody } from '../table.ts';
import { roundName } from './charts.ts';
import type { ReportEvaluation } from './online-dpo-report.ts';

const HEAD = [
  'policy',
  'WB-Score (-8 to 10)',
  'interval',
  'tasks scored',
  'change from initial',
  'interval of change',
  'WB-Reward against initial (-1 to 1)',
  'interval of reward',
  'pairs counted',
  'order agreement',
  'left out',
];

/** WB-Score and WB-Reward of each version on the tasks of the run; nothing where it has none. */
export function taskTable(evaluations: readonly ReportEvaluation[], nameOf = roundName): Html | null {
  const rows = evaluations.flatMap(({ round, tasks }) =>
    tasks === null
      ? []
      : [
          row(nameOf(round), [
            ...scoreCells(tasks.scores, tasks.tasks),
            ...rewardCells(tasks.reward),
            leftOut(tasks.scores, tasks.reward),
          ]),
        ],
  );
  if (rows.length === 0) return null;
  const [first] = evaluations.flatMap(({ tasks }) => tasks ?? []);
  return html`${table('WildBench: answers to tasks, by score and against the initial policy', HEAD, tableBody(rows))}
    <p class="note">
      ${formatCount(first?.tasks ?? 0)} tasks; the initial policy is ${nameOf(first?.initialRound ?? 0)}. Numbers are
      made strictly: an empty answer scores 1 without a call, a pair with one is dropped, and what could not be read or
      has no answer is in no mean.
    </p>`;
}

function scoreCells(scores: TaskScores | null, tasks: number): readonly string[] {
  if (scores === null) return ['not asked', '', '', '', ''];
  const { interval, change } = scores;
  return [
    formatNumber(interval?.mean ?? null, 2),
    formatBounds(interval),
    `${formatCount(interval?.n ?? 0)} of ${formatCount(tasks)}`,
    change === null ? '' : `${formatSigned(change.mean, 2)} over ${formatCount(change.n)}`,
    change === null ? '' : formatBounds(change),
  ];
}

function rewardCells(reward: TaskReward | null): readonly string[] {
  if (reward === null) return ['', '', '', ''];
  const { consistency, counted, unreadable, dropped, missing } = reward;
  const interval = reward.reward === null ? null : { ...reward, mean: reward.reward, n: reward.tasks };
  return [
    formatSigned(reward.reward, 3),
    formatBounds(interval),
    `${formatCount(counted)} of ${formatCount(counted + unreadable + dropped + missing)}`,
    consistency.bothOrders === 0
      ? 'one order only'
      : `${formatCount(consistency.sameWinner)} of ${formatCount(consistency.bothOrders)} pairs`,
  ];
}

function leftOut(scores: TaskScores | null, reward: TaskReward | null): string {
  const of = (what: string, { unreadable, missing }: { readonly unreadable: number; readonly missing: number }) =>
    `${what}: ${formatCount(unreadable)} unreadable, ${formatCount(missing)} missing`;
  return [
    ...(scores === null ? [] : [`${of('scores', scores)}, ${formatCount(scores.truncated)} cut`]),
    ...(reward === null ? [] : [`${of('pairs', reward)}, ${formatCount(reward.dropped)} dropped`]),
  ].join('; ');
}
