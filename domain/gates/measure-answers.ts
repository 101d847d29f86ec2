import type { JudgedGroup } from '../rollout.ts';
import type { MeanOf } from './round-measures.ts';

/** Mean length of the answers, characters; `null` when there is none. */
export function measureLength(groups: readonly JudgedGroup[]): MeanOf | null {
  return meanOf(groups.flatMap(textsOf).map((text) => Array.from(text.trim()).length));
}

/**
 * Share of distinct word pairs among all word pairs of the answers to a prompt, averaged over prompts; answers that repeat
 * each other, or themselves, lower it.
 *
 * @source Li et al. (arXiv 1510.03055) §5.1, distinct-2, here within a prompt
 */
export function measureDistinctness(groups: readonly JudgedGroup[]): MeanOf | null {
  return meanOf(
    groups.flatMap((group) => {
      const pairs = textsOf(group).flatMap(wordPairs);
      return pairs.length === 0 ? [] : [new Set(pairs).size / pairs.length];
    }),
  );
}

function textsOf({ rollouts_G }: JudgedGroup): readonly string[] {
  return rollouts_G.flatMap(({ outcome }) => (outcome.ok ? [outcome.text] : []));
}

function wordPairs(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.slice(1).map((word, index) => `${words[index]} ${word}`);
}

function meanOf(values: readonly number[]): MeanOf | null {
  if (values.length === 0) return null;
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, n: values.length };
}
