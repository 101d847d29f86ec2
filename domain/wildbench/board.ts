import type { LeaderboardRow } from './leaderboard.ts';
import type { MacroInterval } from './macro-bootstrap.ts';
import type { PositionConsistency } from './pairs.ts';
import type { OutcomeCounts } from './reward.ts';
import type { TaskGroup } from './task-groups.ts';

/** A mean over the tasks of a group. */
export interface GroupValue {
  readonly group: TaskGroup;
  readonly value: number;
  /** Tasks behind it. */
  readonly n: number;
}

/** A difference between two policies over the tasks that both have. */
export interface PolicyDifference {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** What one judge's scores say of one policy. Scores are 1 to 10; adjusted ones, groups and weighted means -8 to 10. */
export interface ScoreResult {
  readonly score: number | null;
  readonly adjustedScore: number | null;
  /** Answers in the mean. */
  readonly total: number;
  readonly kept: number;
  readonly unreadable: number;
  /** Tasks of the set without a judgment: the answer failed, or the shard was not finished. */
  readonly missing: number;
  readonly empty: number;
  /** Cut for the judge. */
  readonly truncated: number;
  readonly groups: readonly GroupValue[];
  readonly taskMacroScore: number | null;
  readonly taskMacroInterval: MacroInterval | null;
  /** Adjusted score minus that of the reference policy; `null` for the reference itself, or without shared tasks. */
  readonly aboveReference: PolicyDifference | null;
}

/** What one judge's choices say of one policy against one baseline under one length penalty; rewards are -1 to 1. */
export interface RewardResult {
  readonly baseline: string;
  /** Code points; -1 is no penalty. */
  readonly lengthPenaltyChars: number;
  readonly reward: number | null;
  /** Interval over tasks. */
  readonly low: number | null;
  readonly high: number | null;
  readonly counts: OutcomeCounts;
  /** Pairs that were counted, and that could be read. */
  readonly counted: number;
  readonly total: number;
  readonly unreadable: number;
  /** Left out as empty or cut. */
  readonly dropped: number;
  /** Pairs of the set without a judgment. */
  readonly missing: number;
  readonly groups: readonly GroupValue[];
  readonly taskMacroReward: number | null;
  readonly taskMacroInterval: MacroInterval | null;
  readonly consistency: PositionConsistency;
}

/** All that one judge says of one policy. */
export interface PolicyResult {
  readonly policy: string;
  /** `null` where the judge gives no scores. */
  readonly scores: ScoreResult | null;
  readonly rewards: readonly RewardResult[];
}

/** All that one judge says. */
export interface JudgeBoard {
  readonly judge: string;
  readonly leaderboard: readonly LeaderboardRow[];
  readonly policies: readonly PolicyResult[];
}
