/** At most `count` of the items, spread over the whole list, in order. */
export function spreadEvenly<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (items.length <= count) return items;
  return spreadPlaces(items.length, count).map((place) => items[place] as Item);
}

/** The places of those items, for lists that are not in memory: from 0 on, in order. */
export function spreadPlaces(total: number, count: number): readonly number[] {
  const places = Math.min(total, count);
  return Array.from({ length: places }, (_, index) => Math.floor((index * total) / places));
}
