import { rateOf, type Rate } from './rate.ts';

/** Which of two answers is preferred: -1 the second, 0 neither, 1 the first. */
export type Preference = -1 | 0 | 1;

/** The judge's and the human's preference between the same two answers; null where the judge's could not be read. */
export interface PreferencePairLabels {
  readonly judge: Preference | null;
  readonly human: Preference;
}

/** Pairwise label distances of a judge to humans. */
export interface LabelDistances {
  /** Shares of pairs at distance 0 (agreed), 1 (one of them saw a tie) and 2 (opposite), over the pairs with both labels. */
  readonly pld: readonly [Rate, Rate, Rate];
  /** Mean distance, in [0, 2]; lower is better. */
  readonly wpld: number | null;
  readonly unparsed: number;
}

/**
 * PLD-0, PLD-1, PLD-2 and their weighted sum WPLD = PLD-1 + 2 PLD-2.
 *
 * @source TICK (arXiv 2410.03608) Table 4; the formula is inferred, and gives its four printed WPLD to within 0.001
 */
export function labelDistances(pairs: readonly PreferencePairLabels[]): LabelDistances {
  const counts: [number, number, number] = [0, 0, 0];
  let unparsed = 0;
  for (const { judge, human } of pairs) {
    if (judge === null) unparsed += 1;
    else counts[Math.abs(judge - human) as 0 | 1 | 2] += 1;
  }
  const of = counts[0] + counts[1] + counts[2];
  return {
    pld: [rateOf(counts[0], of), rateOf(counts[1], of), rateOf(counts[2], of)],
    wpld: of === 0 ? null : (counts[1] + 2 * counts[2]) / of,
    unparsed,
  };
}

/**
 * One preference from several humans': the side that their mean leans to by at least half, else a tie.
 *
 * The paper averages the labels and doesn't print its rounding rule; this one is ours.
 *
 * @throws RangeError for no label at all
 */
export function averagePreference(labels: readonly Preference[]): Preference {
  if (labels.length === 0) throw new RangeError('there is no preference to average');
  const sum = labels.reduce<number>((total, label) => total + label, 0);
  if (2 * Math.abs(sum) < labels.length) return 0;
  return sum > 0 ? 1 : -1;
}
