/** Splits a list into runs of `size` items, in order; the last may be shorter. */
export function partition<Item>(items: readonly Item[], size: number): Item[][] {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`size must be a positive integer, got ${size}`);
  const parts: Item[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

/** The same for items that come one after the other and are not all in memory. */
export async function* gatherShards<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[], void> {
  let shard: Item[] = [];
  for await (const item of items) {
    shard.push(item);
    if (shard.length < size) continue;
    yield shard;
    shard = [];
  }
  if (shard.length > 0) yield shard;
}
