import { rateOf, type Rate } from './rate.ts';

/** How often the same question about the same answer is answered otherwise on a repeat. */
export interface FlipRate {
  /** Items whose repeats don't all agree, over the items with at least two readable answers. */
  readonly flippedItems: Rate;
  /** Pairs of repeats of one item that differ, over all such pairs. */
  readonly differingPairs: Rate;
  /** Answers that could not be read: in no rate. */
  readonly unparsed: number;
  /** Items with fewer than two readable answers: in no rate. */
  readonly itemsTooFew: number;
}

/** Flip rate of repeated answers, one list an item. */
export function flipRate(items: readonly (readonly (boolean | null)[])[]): FlipRate {
  const counts = { flipped: 0, items: 0, differing: 0, pairs: 0, unparsed: 0, tooFew: 0 };
  for (const answers of items) {
    const yes = answers.filter((answer) => answer === true).length;
    const no = answers.filter((answer) => answer === false).length;
    counts.unparsed += answers.length - yes - no;
    if (yes + no < 2) {
      counts.tooFew += 1;
      continue;
    }
    counts.items += 1;
    counts.flipped += yes > 0 && no > 0 ? 1 : 0;
    counts.differing += yes * no;
    counts.pairs += ((yes + no) * (yes + no - 1)) / 2;
  }
  return {
    flippedItems: rateOf(counts.flipped, counts.items),
    differingPairs: rateOf(counts.differing, counts.pairs),
    unparsed: counts.unparsed,
    itemsTooFew: counts.tooFew,
  };
}
