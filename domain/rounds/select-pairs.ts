import { DataError } from '../errors.ts';
import { tagOfEnd, type FinishReason } from '../completion.ts';
import type { Verdict } from '../checklist.ts';
import type { PreferencePair } from '../preference-pair.ts';
import type { PromptRow } from '../prompt.ts';
import { REWARD_ROUNDING, type RewardedGroup, type RewardedRollout } from './reward-group.ts';

/** What makes a pair worth training on. */
export interface PairOptions {
  /** Smallest difference of rewards of a pair, 0 or more; equal rewards never make one. */
  readonly minMargin: number;
  readonly maxPairsPerPrompt: number;
  /** Most characters of the longer answer for one of the shorter; `null` for no limit. */
  readonly maxLengthRatio: number | null;
}

/** Why a prompt gave no pair. */
export type NoPairReason = 'all-equal' | 'margin-too-small' | 'too-unequal-length' | 'too-few-judged';

/** The pairs of one prompt; a reason exactly when there are none. */
export interface PairSelection {
  readonly pairs: readonly PreferencePair[];
  readonly reason?: NoPairReason;
}

/** A rollout with a reward. */
interface Candidate {
  readonly sampleIndex: number;
  readonly policy: string;
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly reward: number;
  readonly verdicts_I: readonly Verdict[];
}

/**
 * Pairs the best rollout of a prompt with its worst, the second best with the second worst and so on, no rollout twice.
 * An answer that was cut off may be rejected but is never chosen. Ties are broken by finish, then by sample index; never
 * by length, which would teach the policy to write shorter or longer.
 *
 * @throws DataError `data/mixed-policy-versions` when the rollouts come from different weights
 */
export function selectPairs(prompt: PromptRow, group: RewardedGroup, options: PairOptions): PairSelection {
  requireSameOrigin(prompt, group);
  const ranked = group.rollouts_G.flatMap(toCandidate).toSorted(compareRank);
  const best = ranked.filter(mayBeChosen);
  const worst = ranked.toReversed();
  if (ranked.length < 2 || best.length === 0) return { pairs: [], reason: 'too-few-judged' };

  const used = new Set<Candidate>();
  const pairs: PreferencePair[] = [];
  let widestMargin = 0;
  let widestOfLikeLength = 0;
  for (const chosen of best) {
    if (pairs.length >= options.maxPairsPerPrompt) break;
    if (used.has(chosen)) continue;
    const others = worst.filter((other) => other !== chosen && !used.has(other) && differ(chosen, other));
    const marginOf = (other: Candidate | undefined) => (other === undefined ? 0 : chosen.reward - other.reward);
    const rejected = others.find((other) => areLikeLong(chosen, other, options.maxLengthRatio));
    const margin = marginOf(rejected);
    widestMargin = Math.max(widestMargin, marginOf(others[0]));
    widestOfLikeLength = Math.max(widestOfLikeLength, margin);
    if (rejected === undefined || margin <= 0 || margin + REWARD_ROUNDING < options.minMargin) continue;
    used.add(chosen).add(rejected);
    pairs.push(toPair(prompt, chosen, rejected));
  }
  if (pairs.length > 0) return { pairs };
  return { pairs, reason: reasonFor(widestMargin, widestOfLikeLength, options) };
}

function reasonFor(widestMargin: number, widestOfLikeLength: number, { minMargin }: PairOptions): NoPairReason {
  if (widestMargin <= 0) return 'all-equal';
  const wouldDo = widestMargin + REWARD_ROUNDING >= minMargin && widestOfLikeLength + REWARD_ROUNDING < minMargin;
  return wouldDo ? 'too-unequal-length' : 'margin-too-small';
}

/** Rollouts of one prompt have to be that prompt's, and of one policy. */
export function requireSameOrigin(prompt: PromptRow, group: RewardedGroup): void {
  if (group.promptId !== prompt.promptId) {
    throw new DataError(
      'data/invalid-row',
      `Rollouts of prompt ${group.promptId} were handed over with prompt ${prompt.promptId}; join them by promptId.`,
    );
  }
  const policies = [...new Set(group.rollouts_G.map((rollout) => rollout.policy))];
  if (policies.length <= 1) return;
  throw new DataError(
    'data/mixed-policy-versions',
    `Rollouts of prompt ${prompt.promptId} come from ${policies.length} policies (${policies.join(', ')}); ` +
      'train on those of one policy only.',
  );
}

function toCandidate({ outcome, reward, sampleIndex, policy, verdicts_I }: RewardedRollout): Candidate[] {
  if (!outcome.ok || reward === null) return [];
  return [{ sampleIndex, policy, text: outcome.text, finishReason: outcome.finishReason, reward, verdicts_I }];
}

function compareRank(a: Candidate, b: Candidate): number {
  return b.reward - a.reward || finishRank(a) - finishRank(b) || a.sampleIndex - b.sampleIndex;
}

function finishRank({ finishReason }: Candidate): number {
  return finishReason === 'stop' ? 0 : 1;
}

function mayBeChosen({ finishReason, text }: Candidate): boolean {
  return finishReason === 'stop' && text.trim() !== '';
}

function differ(a: Candidate, b: Candidate): boolean {
  return a.text.trim() !== b.text.trim();
}

function areLikeLong(a: Candidate, b: Candidate, maxRatio: number | null): boolean {
  const [shorter = 0, longer = 0] = [a.text.trim().length, b.text.trim().length].toSorted((x, y) => x - y);
  return maxRatio === null || longer <= shorter * maxRatio;
}

/** The largest lead of the chosen answer on one item that both have a verdict on; 0 when it leads on none. */
function largestItemGap(chosen: Candidate, rejected: Candidate): number {
  const score = (verdict: Verdict | undefined): number | undefined =>
    verdict === undefined || verdict.answer === 'unparsed'
      ? undefined
      : (verdict.probability ?? (verdict.answer === 'yes' ? 1 : 0));
  return chosen.verdicts_I.reduce((largest, verdict, index) => {
    const [own, other] = [score(verdict), score(rejected.verdicts_I[index])];
    return own === undefined || other === undefined ? largest : Math.max(largest, own - other);
  }, 0);
}

function toPair(prompt: PromptRow, chosen: Candidate, rejected: Candidate): PreferencePair {
  return {
    promptId: prompt.promptId,
    prompt: prompt.messages,
    chosen: [{ role: 'assistant', content: chosen.text }],
    rejected: [{ role: 'assistant', content: rejected.text }],
    chosenSampleIndex: chosen.sampleIndex,
    rejectedSampleIndex: rejected.sampleIndex,
    rejectedTruncated: tagOfEnd(rejected.finishReason) !== null,
    chosenReward: chosen.reward,
    rejectedReward: rejected.reward,
    margin: chosen.reward - rejected.reward,
    largestItemGap: largestItemGap(chosen, rejected),
    policy: chosen.policy,
  };
}
