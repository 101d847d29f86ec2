import { bootstrapMean, type BootstrapOptions, type Interval } from '../bootstrap.ts';
import type { ConformanceMode } from './mode.ts';
import { OUTCOMES, rewardOfOutcome, type Outcome } from './outcome.ts';
import { macroMean, type TaskGroup } from './task-groups.ts';

/** How often a model met each outcome. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/** All pairs of one model and one baseline, counted. */
export interface PairCounts {
  readonly counts: OutcomeCounts;
  /** Rows that could be read, those dropped as empty or truncated included. */
  readonly total: number;
  /** A task counts in each of its groups. The order is that of the file or of first sight: last bits depend on it. */
  readonly groups: ReadonlyMap<TaskGroup, OutcomeCounts>;
}

/** WB-Reward of one model against one baseline, or mixed over several; all in [-1, 1]. */
export interface RewardSummary {
  readonly reward: number | null;
  /** Rows that the reward was divided by. */
  readonly divisor: number;
  readonly groups: ReadonlyMap<TaskGroup, { readonly value: number; readonly n: number }>;
  readonly taskMacroReward: number | null;
}

/** Number of rows that were counted: neither answer empty or truncated. */
export function sumCounts(counts: OutcomeCounts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/**
 * Rewards from counts; see `REWARD_QUIRKS` for what the modes do differently.
 *
 * @source WildBench (arXiv 2406.04770), WB-Reward; with groups: its repository, leaderboard/data_dir/_create_tables.py
 */
export function summarizeCounts({ counts, total, groups }: PairCounts, mode: ConformanceMode): RewardSummary {
  const divisor = mode === 'upstream' ? total : sumCounts(counts);
  const means = new Map(
    [...groups]
      .map(([group, grouped]) => [group, { value: sumRewards(grouped), n: sumCounts(grouped) }] as const)
      .filter(([, { n }]) => n > 0)
      .map(([group, { value, n }]) => [group, { value: value / n, n }] as const),
  );
  return {
    reward: divisor === 0 ? null : sumRewards(counts) / divisor,
    divisor,
    groups: means,
    taskMacroReward: macroMean(new Map([...means].map(([group, { value }]) => [group, value])), mode),
  };
}

/** Mean reward with its bootstrap interval over pairs; `null` without pairs. */
export function bootstrapReward(counts: PairCounts, mode: ConformanceMode, options: BootstrapOptions): Interval | null {
  const rewards = listRewards(counts, mode);
  return rewards.length === 0 ? null : bootstrapMean(rewards, options);
}

/** One reward a pair, as the mode counts them: upstream a dropped row is a reward of 0 (quirk dropped-rows-divide). */
export function listRewards({ counts, total }: PairCounts, mode: ConformanceMode): readonly number[] {
  const rewards = OUTCOMES.flatMap((outcome) =>
    Array.from({ length: counts[outcome] }, () => rewardOfOutcome(outcome)),
  );
  return mode === 'strict' ? rewards : [...rewards, ...Array.from({ length: total - rewards.length }, () => 0)];
}

function sumRewards(counts: OutcomeCounts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome] * rewardOfOutcome(outcome), 0);
}
