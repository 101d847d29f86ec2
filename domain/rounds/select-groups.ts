import { tagOfEnd } from '../completion.ts';
import { DataError } from '../errors.ts';
import type { ChatMessage, PromptRow } from '../prompt.ts';
import { hasRewardSignal, type RewardedGroup, type RewardedRollout } from './reward-group.ts';
import { requireSameOrigin } from './select-pairs.ts';

/** Why a prompt gave no group. */
export type NoGroupReason = 'all-equal' | 'too-few-judged';

/** One answer of a group, as the sampler drew it. */
export interface GroupCompletion {
  readonly sampleIndex: number;
  readonly text: string;
  readonly tokenIds: readonly number[];
  /** Of the distribution that was sampled from, nats, one a token. */
  readonly logprobs: readonly number[];
  /** `null` for one that could not be judged, which is not 0. */
  readonly reward: number | null;
  /** Broken off at a limit: at its length, or as it looped. */
  readonly truncated: boolean;
}

/** All answers to one prompt, whole: a policy gradient compares each with the rest. */
export interface RewardedTokens {
  readonly promptId: string;
  readonly prompt: readonly ChatMessage[];
  readonly promptTokenIds: readonly number[];
  readonly completions: readonly GroupCompletion[];
  /** `policyStamp` of the policy that wrote them. */
  readonly policy: string;
}

/**
 * The group of a prompt for a policy gradient. Failed answers are no part of it; a group without two rewards is left out,
 * and one whose rewards are all equal unless `keepsFlat`.
 *
 * @throws DataError `data/invalid-row` when an answer came without its tokens
 */
export function selectGroup(
  prompt: PromptRow,
  group: RewardedGroup,
  { keepsFlat }: { readonly keepsFlat: boolean },
): { readonly group?: RewardedTokens; readonly reason?: NoGroupReason } {
  requireSameOrigin(prompt, group);
  const completions = group.rollouts_G.flatMap(toCompletion);
  const judged = completions.filter(({ reward }) => reward !== null);
  const [first] = group.rollouts_G.flatMap(({ sampled, policy }) => (sampled === undefined ? [] : { sampled, policy }));
  if (first === undefined || judged.length < 2) return { reason: 'too-few-judged' };
  if (!keepsFlat && !hasRewardSignal(group)) return { reason: 'all-equal' };
  return {
    group: {
      promptId: prompt.promptId,
      prompt: prompt.messages,
      promptTokenIds: first.sampled.promptTokenIds_T,
      completions,
      policy: first.policy,
    },
  };
}

function toCompletion({ outcome, promptId, sampleIndex, sampled, reward }: RewardedRollout): GroupCompletion[] {
  if (!outcome.ok) return [];
  if (sampled === undefined) {
    throw new DataError(
      'data/invalid-row',
      `Answer ${sampleIndex} to "${promptId}" was stored without its token ids, which a policy gradient needs: the server did not return them.`,
    );
  }
  // An empty answer has no token that a gradient could touch.
  if (sampled.tokenIds_T.length === 0) return [];
  return [
    {
      sampleIndex,
      text: outcome.text,
      tokenIds: sampled.tokenIds_T,
      logprobs: sampled.logprobs_T,
      reward,
      truncated: tagOfEnd(outcome.finishReason) !== null,
    },
  ];
}
