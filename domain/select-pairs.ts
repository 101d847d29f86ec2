import { DataError } from './errors.ts';
import type { FinishReason } from './completion.ts';
import type { PreferencePair } from './preference-pair.ts';
import type { PromptRow } from './prompt.ts';
import type { JudgedGroup, JudgedRollout } from './rollout.ts';

/** What makes a pair worth training on. */
export interface SelectionOptions {
  /** Smallest difference of pass rates of a pair, in (0, 1]. */
  readonly minMargin: number;
  readonly maxPairsPerPrompt: number;
}

/** Why a prompt gave no pair. */
export type NoPairReason = 'all-equal' | 'margin-too-small' | 'too-few-judged';

/** The pairs of one prompt; a reason exactly when there are none. */
export interface PairSelection {
  readonly pairs: readonly PreferencePair[];
  readonly reason?: NoPairReason;
}

/** A rollout whose every item was decided. */
interface Candidate {
  readonly sampleIndex: number;
  readonly policy: string;
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly passRate: number;
}

/** Pass rates are quotients: 2/3 - 1/3 must reach a margin of 1/3. */
const ROUNDING = 1e-9;

/** Ends that the model itself brought about; an answer that the server broke off says nothing about the model. */
const REJECTABLE_ENDS: ReadonlySet<FinishReason> = new Set(['stop', 'length', 'repetition']);

/**
 * Pairs the best rollout of a prompt with its worst, the second best with the second worst and so on, no rollout twice.
 * An answer that was cut off may be rejected but is never chosen. Ties are broken by finish, then by sample index; never
 * by length, which would teach the policy to write shorter or longer.
 *
 * @throws DataError `data/mixed-policy-versions` when the rollouts come from different weights
 */
export function selectPairs(prompt: PromptRow, group: JudgedGroup, options: SelectionOptions): PairSelection {
  requireSameOrigin(prompt, group);
  const ranked = group.rollouts_G.flatMap(toCandidate).toSorted(compareRank);
  const best = ranked.filter(mayBeChosen);
  const worst = ranked.toReversed();
  if (ranked.length < 2 || best.length === 0) return { pairs: [], reason: 'too-few-judged' };

  const used = new Set<Candidate>();
  const pairs: PreferencePair[] = [];
  let widestMargin = 0;
  for (const chosen of best) {
    if (pairs.length >= options.maxPairsPerPrompt) break;
    if (used.has(chosen)) continue;
    const rejected = worst.find((other) => other !== chosen && !used.has(other) && differ(chosen, other));
    if (rejected === undefined) continue;
    const margin = chosen.passRate - rejected.passRate;
    widestMargin = Math.max(widestMargin, margin);
    if (margin <= 0 || margin + ROUNDING < options.minMargin) continue;
    used.add(chosen).add(rejected);
    pairs.push(toPair(prompt, chosen, rejected));
  }
  if (pairs.length > 0) return { pairs };
  return { pairs, reason: widestMargin > 0 ? 'margin-too-small' : 'all-equal' };
}

function requireSameOrigin(prompt: PromptRow, group: JudgedGroup): void {
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
      'make pairs of one policy only.',
  );
}

function toCandidate(rollout: JudgedRollout): Candidate[] {
  const { outcome, passRate, sampleIndex, policy, verdicts_I } = rollout;
  if (!outcome.ok || passRate === null || verdicts_I.some((verdict) => verdict.answer === 'unparsed')) return [];
  if (!REJECTABLE_ENDS.has(outcome.finishReason)) return [];
  return [{ sampleIndex, policy, text: outcome.text, finishReason: outcome.finishReason, passRate }];
}

function compareRank(a: Candidate, b: Candidate): number {
  return b.passRate - a.passRate || finishRank(a) - finishRank(b) || a.sampleIndex - b.sampleIndex;
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

function toPair(prompt: PromptRow, chosen: Candidate, rejected: Candidate): PreferencePair {
  return {
    promptId: prompt.promptId,
    prompt: prompt.messages,
    chosen: [{ role: 'assistant', content: chosen.text }],
    rejected: [{ role: 'assistant', content: rejected.text }],
    chosenSampleIndex: chosen.sampleIndex,
    rejectedSampleIndex: rejected.sampleIndex,
    chosenPassRate: chosen.passRate,
    rejectedPassRate: rejected.passRate,
    margin: chosen.passRate - rejected.passRate,
    policy: chosen.policy,
  };
}
