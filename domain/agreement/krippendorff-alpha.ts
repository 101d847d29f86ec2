/** What the values of a reliability study are: names, ranks, or numbers on a scale of equal steps. */
export type MeasurementLevel = 'nominal' | 'ordinal' | 'interval';

/** Krippendorff's alpha and what it was computed from. */
export interface AlphaResult {
  /** 1 perfect, 0 chance, below 0 worse; null where fewer than two values can be paired, or all are the same. */
  readonly alpha: number | null;
  /** Units with at least two values; the others say nothing of agreement. */
  readonly units: number;
  /** Values in those units. */
  readonly values: number;
}

/**
 * Reliability of any number of raters, with missing values.
 *
 * @param units - one list a unit (a question, an answer): the raters' values, null where a rater gave none
 * @throws RangeError for a value that is no finite number
 * @source Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), general form: 1 - Do / De
 */
export function krippendorffAlpha(
  units: readonly (readonly (number | null)[])[],
  level: MeasurementLevel,
): AlphaResult {
  const pairable = units.map((unit) => unit.filter((value) => value !== null)).filter((values) => values.length >= 2);
  const totals = countValues(pairable.flat());
  const values = [...totals.keys()].toSorted((a, b) => a - b);
  const distance = distanceOf(level, values, totals);
  const count = pairable.flat().length;
  const observed = pairable.reduce(
    (sum, unit) => sum + disagreement(countValues(unit), distance) / (unit.length - 1),
    0,
  );
  const expected = disagreement(totals, distance) / (count - 1);
  return {
    alpha: count === 0 || expected === 0 ? null : 1 - observed / expected,
    units: pairable.length,
    values: count,
  };
}

function countValues(values: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (!Number.isFinite(value)) throw new RangeError(`a rating must be a finite number, got ${value}`);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** Sum of squared distances over the ordered pairs of values. */
function disagreement(counts: ReadonlyMap<number, number>, distance: (a: number, b: number) => number): number {
  let sum = 0;
  for (const [a, countOfA] of counts) {
    for (const [b, countOfB] of counts) {
      if (a !== b) sum += countOfA * countOfB * distance(a, b);
    }
  }
  return sum;
}

/** Squared distance of two different values. */
function distanceOf(
  level: MeasurementLevel,
  values: readonly number[],
  totals: ReadonlyMap<number, number>,
): (a: number, b: number) => number {
  if (level === 'nominal') return () => 1;
  if (level === 'interval') return (a, b) => (a - b) ** 2;
  // Values up to and including each one, less half its own: differences are the ordinal distance of the source.
  const middles = new Map<number, number>();
  let below = 0;
  for (const value of values) {
    const own = totals.get(value) ?? 0;
    middles.set(value, below + own / 2);
    below += own;
  }
  return (a, b) => ((middles.get(a) ?? 0) - (middles.get(b) ?? 0)) ** 2;
}
