import type { PreferencePair } from '../preference-pair.ts';
import type { ChatMessage, PromptRow } from '../prompt.ts';
import type { RewardedGroup } from '../rounds/reward-group.ts';
import { selectPairs, type NoPairReason } from '../rounds/select-pairs.ts';
import type { SynthesisRow } from './synthesis-row.ts';

/** Replies at one temperature. */
export interface PreferenceDraw {
  readonly temperature: number;
  readonly samples: number;
}

/** A draw, and the index of its first reply among all replies to the query. */
export interface PlannedDraw extends PreferenceDraw {
  readonly firstSample: number;
}

/** What drawing pairs found; each query without a pair is counted under its reason. */
export interface PreferenceCounts {
  /** Queries that were replied to. */
  readonly queries: number;
  readonly replies: number;
  /** Replies that failed, and those that no score could be had for. */
  readonly failed: number;
  readonly unscored: number;
  /** Different texts among the replies to a query, summed: far below `replies` the samples are no samples. */
  readonly distinct: number;
  readonly pairs: number;
  readonly marginSum: number;
  readonly allEqual: number;
  readonly marginTooSmall: number;
  readonly tooFewScored: number;
}

/** The draws one after the other, so that every reply to a query has an index and a seed of its own. */
export function planDraws(draws: readonly PreferenceDraw[]): readonly PlannedDraw[] {
  let firstSample = 0;
  return draws.map((draw) => {
    const planned = { ...draw, firstSample };
    firstSample += draw.samples;
    return planned;
  });
}

/** The conversation up to its last user turn. */
export function promptOf({ messages }: SynthesisRow): readonly ChatMessage[] {
  return messages.slice(0, messages.findLastIndex(({ role }) => role === 'user') + 1);
}

/**
 * The best reply to each query against its worst. Equal scores make no pair, replies of the same text neither, and what was
 * cut off is never the better one.
 *
 * @source Magpie (arXiv 2406.08464) §2.2, process_po. Departure: there the first of equal replies is both chosen and
 *   rejected; here there is no pair
 */
export function drawPairs(
  prompts: readonly PromptRow[],
  groups: readonly RewardedGroup[],
  minMargin: number,
): { readonly pairs: readonly PreferencePair[]; readonly counts: PreferenceCounts } {
  const byId = new Map(groups.map((group) => [group.promptId, group]));
  const reasons: Partial<Record<NoPairReason, number>> = {};
  const pairs = prompts.flatMap((prompt) => {
    const group = byId.get(prompt.promptId) ?? { promptId: prompt.promptId, rollouts_G: [] };
    const selected = selectPairs(prompt, group, { minMargin, maxPairsPerPrompt: 1, maxLengthRatio: null });
    if (selected.reason !== undefined) reasons[selected.reason] = (reasons[selected.reason] ?? 0) + 1;
    return selected.pairs;
  });
  const replies = groups.flatMap(({ rollouts_G }) => rollouts_G);
  return {
    pairs,
    counts: {
      queries: prompts.length,
      replies: replies.length,
      failed: replies.filter(({ outcome }) => !outcome.ok).length,
      unscored: replies.filter(({ outcome, reward }) => outcome.ok && reward === null).length,
      distinct: groups.reduce((sum, group) => sum + countDistinct(group), 0),
      pairs: pairs.length,
      marginSum: pairs.reduce((sum, { margin }) => sum + margin, 0),
      allEqual: reasons['all-equal'] ?? 0,
      marginTooSmall: reasons['margin-too-small'] ?? 0,
      tooFewScored: reasons['too-few-judged'] ?? 0,
    },
  };
}

function countDistinct({ rollouts_G }: RewardedGroup): number {
  return new Set(rollouts_G.flatMap(({ outcome }) => (outcome.ok ? [outcome.text.trim()] : []))).size;
}
