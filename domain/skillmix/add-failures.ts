/** Pairs that failed for one reason. */
export interface FailureCount {
  readonly failed: string;
  readonly count: number;
}

/** Sums counts by reason, the most frequent first. */
export function addFailures(a: readonly FailureCount[], b: readonly FailureCount[]): readonly FailureCount[] {
  const counts = new Map<string, number>();
  for (const { failed, count } of [...a, ...b]) counts.set(failed, (counts.get(failed) ?? 0) + count);
  return [...counts]
    .map(([failed, count]) => ({ failed, count }))
    .toSorted((x, y) => y.count - x.count || (x.failed < y.failed ? -1 : 1));
}
