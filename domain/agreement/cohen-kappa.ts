/**
 * Cohen's kappa of two raters' labels of the same things: agreement above what their label frequencies give by chance.
 *
 * @returns a number in [-1, 1]; null where nothing was labelled, or both gave one same label throughout
 * @source Cohen (1960), unweighted
 */
export function cohenKappa(pairs: readonly (readonly [number | boolean, number | boolean])[]): number | null {
  const [first, second] = [new Map<number, number>(), new Map<number, number>()];
  let disagreed = 0;
  for (const pair of pairs) {
    const [one, other] = [Number(pair[0]), Number(pair[1])];
    first.set(one, (first.get(one) ?? 0) + 1);
    second.set(other, (second.get(other) ?? 0) + 1);
    if (one !== other) disagreed += 1;
  }
  const total = pairs.length;
  let agreedByChance = 0;
  for (const [label, count] of first) agreedByChance += count * (second.get(label) ?? 0);
  const disagreedByChance = total * total - agreedByChance;
  return disagreedByChance === 0 ? null : 1 - (disagreed * total) / disagreedByChance;
}
