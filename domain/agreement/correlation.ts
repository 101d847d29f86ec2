import { zipStrict } from '../zip-strict.ts';

/**
 * Pearson's r of two lists, paired by index; null for fewer than two pairs or where a list is constant.
 *
 * @throws RangeError for lists of different lengths or a value that is no finite number
 */
export function pearson(first: readonly number[], second: readonly number[]): number | null {
  checkPairs(first, second);
  if (isConstant(first) || isConstant(second)) return null;
  const [x, y] = [standardize(first), standardize(second)];
  const [xy, xx, yy] = [dot(x, y), dot(x, x), dot(y, y)];
  return clamp(xy / Math.sqrt(xx * yy));
}

/** Spearman's rho: Pearson's r of the ranks, ties sharing their average rank. Null as for `pearson`. */
export function spearman(first: readonly number[], second: readonly number[]): number | null {
  checkPairs(first, second);
  return pearson(averageRanks(first), averageRanks(second));
}

/**
 * Kendall's tau-b, which corrects for ties, in O(n log n). Null for fewer than two pairs or where a list is constant.
 *
 * @throws RangeError for lists of different lengths or a value that is no finite number
 * @source Knight, A Computer Method for Calculating Kendall's Tau with Ungrouped Data (1966)
 */
export function kendallTauB(first: readonly number[], second: readonly number[]): number | null {
  checkPairs(first, second);
  const byBoth = zipStrict(first, second).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const pairs = pairsAmong(byBoth.length);
  const tiedInFirst = tiedPairs(byBoth, (a, b) => a[0] === b[0]);
  const tiedInBoth = tiedPairs(byBoth, (a, b) => a[0] === b[0] && a[1] === b[1]);
  const { sorted, swaps } = sortCountingSwaps(byBoth.map(([, y]) => y));
  const tiedInSecond = tiedPairs(sorted, (a, b) => a === b);
  const scale = Math.sqrt(pairs - tiedInFirst) * Math.sqrt(pairs - tiedInSecond);
  return scale === 0 ? null : clamp((pairs - tiedInFirst - tiedInSecond + tiedInBoth - 2 * swaps) / scale);
}

/** Ranks from 1; equal values share the mean of the ranks that they take up. */
function averageRanks(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = Array.from({ length: values.length }, () => 0);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end += 1;
    for (const index of order.slice(start, end)) ranks[index] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Merge sort; `swaps` counts the pairs that stood in the wrong order. */
function sortCountingSwaps(values: readonly number[]): { readonly sorted: readonly number[]; readonly swaps: number } {
  if (values.length < 2) return { sorted: values, swaps: 0 };
  const middle = values.length >> 1;
  const [left, right] = [sortCountingSwaps(values.slice(0, middle)), sortCountingSwaps(values.slice(middle))];
  const sorted: number[] = [];
  let swaps = left.swaps + right.swaps;
  let taken = 0;
  for (const value of right.sorted) {
    while (taken < left.sorted.length && (left.sorted[taken] as number) <= value) {
      sorted.push(left.sorted[taken] as number);
      taken += 1;
    }
    swaps += left.sorted.length - taken;
    sorted.push(value);
  }
  return { sorted: sorted.concat(left.sorted.slice(taken)), swaps };
}

/** Pairs within runs of equal neighbours. */
function tiedPairs<T>(sorted: readonly T[], isEqual: (a: T, b: T) => boolean): number {
  let [tied, run] = [0, 0];
  for (let index = 1; index < sorted.length; index += 1) {
    run = isEqual(sorted[index - 1] as T, sorted[index] as T) ? run + 1 : 0;
    tied += run;
  }
  return tied;
}

function pairsAmong(count: number): number {
  return (count * (count - 1)) / 2;
}

/** Deviations from the mean, over their largest, so that squares neither overflow nor vanish. */
function standardize(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const deviations = values.map((value) => value - mean);
  const largest = deviations.reduce((most, deviation) => Math.max(most, Math.abs(deviation)), 0);
  return deviations.map((deviation) => deviation / largest);
}

function dot(first: readonly number[], second: readonly number[]): number {
  return first.reduce((sum, value, index) => sum + value * (second[index] ?? 0), 0);
}

/** Compared value by value: a computed variance of equal values need not be exactly 0. */
function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function checkPairs(first: readonly number[], second: readonly number[]): void {
  for (const value of zipStrict(first, second).flat()) {
    if (!Number.isFinite(value)) throw new RangeError(`a correlation needs finite numbers, got ${value}`);
  }
}

function clamp(value: number): number {
  return Math.min(1, Math.max(-1, value));
}
