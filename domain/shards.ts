/** Splits a list into runs of `size` items, in order; the last may be shorter. */
export function partition<Item>(items: readonly Item[], size: number): Item[][] {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`size must be a positive integer, got ${size}`);
  const parts: Item[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}
