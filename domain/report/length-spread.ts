/** The least, the middle and the most of some lengths. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/**
 * Takes lengths one by one and holds how often each came up: so the spread is exact, and the memory grows with the longest
 * text, which the token limits bound, and not with the number of texts.
 */
export function createLengthSpread(): { add(length: number): void; result(): Spread | null } {
  const counts = new Map<number, number>();
  let total = 0;
  return {
    add(length) {
      counts.set(length, (counts.get(length) ?? 0) + 1);
      total += 1;
    },
    result() {
      const lengths = [...counts].toSorted(([a], [b]) => a - b);
      const [min, max] = [lengths[0]?.[0], lengths.at(-1)?.[0]];
      if (min === undefined || max === undefined) return null;
      // Of an even number the lower of the two in the middle: a length that there is.
      let before = Math.floor((total - 1) / 2);
      for (const [length, count] of lengths) {
        if (before < count) return { min, median: length, max };
        before -= count;
      }
      return null;
    },
  };
}
