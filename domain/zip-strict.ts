/**
 * Pairs two lists by index.
 *
 * @throws RangeError when their lengths differ: silent truncation would pair nothing with something.
 */
export function zipStrict<A, B>(first: readonly A[], second: readonly B[]): [A, B][] {
  if (first.length !== second.length) {
    throw new RangeError(`lists to be paired have different lengths: ${first.length} and ${second.length}`);
  }
  return first.map((value, index) => [value, second[index] as B]);
}
