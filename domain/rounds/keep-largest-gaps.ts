import type { PreferencePair } from '../preference-pair.ts';

/**
 * The share of pairs that differ most on a single item, in the order they came; ties go by margin, then by order. With
 * verdicts of yes and no most gaps are 1, so the filter says something only where a judge gives probabilities or scores.
 *
 * @source RLCF (arXiv 2507.18624) §3.3, which keeps 40 % of its pairs; a gap counts here when it favours the chosen answer
 * @param share in (0, 1]; at least one pair is kept of any
 */
export function keepLargestGaps(pairs: readonly PreferencePair[], share: number): readonly PreferencePair[] {
  const ranked = pairs
    .map((pair, index) => ({ pair, index }))
    .toSorted(
      (a, b) => b.pair.largestItemGap - a.pair.largestItemGap || b.pair.margin - a.pair.margin || a.index - b.index,
    );
  return ranked
    .slice(0, Math.ceil(ranked.length * share))
    .toSorted((a, b) => a.index - b.index)
    .map(({ pair }) => pair);
}
