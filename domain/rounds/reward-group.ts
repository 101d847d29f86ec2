import type { FinishReason } from '../completion.ts';
import { aggregate, type RewardOptions } from '../judging/aggregate.ts';
import type { PromptRow } from '../prompt.ts';
import type { JudgedGroup, JudgedRollout } from '../rollout.ts';

/** A rollout with what it is worth. */
export interface RewardedRollout extends JudgedRollout {
  /** In [0, 1], unless a reward model gave it; `null` when it says nothing about the policy: failed, broken off by the server, or too little decided. */
  readonly reward: number | null;
}

/** All rollouts of one prompt with their rewards, in order of sample index. */
export interface RewardedGroup {
  readonly promptId: string;
  readonly rollouts_G: readonly RewardedRollout[];
}

/** Ends that the model itself brought about; an answer that the server broke off says nothing about the model. */
const OWN_ENDS: ReadonlySet<FinishReason> = new Set(['stop', 'length', 'repetition']);

/** Two rewards closer than this are equal: they are quotients of small numbers. */
export const REWARD_ROUNDING = 1e-9;

/** Gives each rollout of a prompt its reward. */
export function rewardGroup({ checklist }: PromptRow, group: JudgedGroup, options: RewardOptions): RewardedGroup {
  return {
    promptId: group.promptId,
    rollouts_G: group.rollouts_G.map((rollout) => ({ ...rollout, reward: rewardOf(checklist, rollout, options) })),
  };
}

function rewardOf(
  checklist: PromptRow['checklist'],
  { outcome, verdicts_I }: JudgedRollout,
  options: RewardOptions,
): number | null {
  if (!outcome.ok || !OWN_ENDS.has(outcome.finishReason)) return null;
  return aggregate(checklist, verdicts_I, options).value ?? null;
}

/** True when at least two rewards are known and differ: only then is one answer better than another. */
export function hasRewardSignal({ rollouts_G }: RewardedGroup): boolean {
  const known = rollouts_G.flatMap(({ reward }) => reward ?? []);
  return known.length >= 2 && Math.max(...known) - Math.min(...known) > REWARD_ROUNDING;
}
