import { createRandom } from './random.ts';
import { zipStrict } from './zip-strict.ts';

/** Weights below it, told as multiples of the largest, add nothing to a sum. */
const SMALLEST_WEIGHT = 1e-20;

/** How an interval is drawn; the seed makes it the same one every time. */
export interface BootstrapOptions {
  readonly resamples: number;
  /** Mass of the interval, in (0, 1). */
  readonly confidence: number;
  readonly seed: number;
}

/** A mean and its bootstrap interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Values behind the mean: prompts, not completions. */
  readonly n: number;
}

/**
 * Mean with a percentile interval. Give one value a prompt: completions of one prompt are not independent.
 *
 * @source Efron and Tibshirani, An Introduction to the Bootstrap (1993), §13.3
 */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions): Interval {
  const { resamples, confidence, seed } = options;
  if (values.length === 0) throw new RangeError('bootstrap needs at least one value, got none');
  if (!Number.isSafeInteger(resamples) || resamples < 1) {
    throw new RangeError(`resamples must be a positive integer, got ${resamples}`);
  }
  requireConfidence(confidence);
  const random = createRandom(seed);
  const means = Array.from({ length: resamples }, () => resampledMean(values, random)).toSorted((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return {
    mean: meanOf(values),
    low: quantile(means, tail),
    high: quantile(means, 1 - tail),
    n: values.length,
  };
}

/**
 * A share of yes/no items with the interval that ever more resamples come to, without drawing any: n items drawn anew hold a
 * number of yes that is binomial (n, yes / n), and its percentiles can be computed. Memory and time grow with the square root
 * of n. `bootstrapMean` over the same zeros and ones scatters around it by the chance of its resamples; where such an interval
 * was published, it stays with that one.
 *
 * @source Efron and Tibshirani, An Introduction to the Bootstrap (1993), §13.3 and the ideal estimate of §6.2. Departure:
 *   percentiles are numbers of items, without interpolation between two of them
 */
export function bootstrapShare(yes: number, n: number, confidence: number): Interval {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`bootstrap needs at least one item, got ${n}`);
  if (!Number.isSafeInteger(yes) || yes < 0 || yes > n) {
    throw new RangeError(`yes must be a whole number in [0, ${n}], got ${yes}`);
  }
  requireConfidence(confidence);
  const tail = (1 - confidence) / 2;
  const [low, high] = binomialPercentiles(yes, n, [tail, 1 - tail]) as [number, number];
  return { mean: yes / n, low: low / n, high: high / n, n };
}

/** Mean of after - before, paired by index, with its interval. */
export function bootstrapPairedDifference(
  before: readonly number[],
  after: readonly number[],
  options: BootstrapOptions,
): Interval {
  return bootstrapMean(
    zipStrict(before, after).map(([earlier, later]) => later - earlier),
    options,
  );
}

function requireConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must be in (0, 1), got ${confidence}`);
}

/** The least numbers of yes in n draws, each with probability yes / n, that hold these shares of the mass below or at them. */
function binomialPercentiles(yes: number, n: number, shares: readonly number[]): readonly number[] {
  if (yes === 0 || yes === n) return shares.map(() => yes);
  const odds = yes / (n - yes);
  // The mean is a whole number, and so the likeliest one: weights are told as multiples of its weight. What is left out at
  // both ends is below the last digit of the sum.
  const below: number[] = [];
  for (let count = yes, weight = 1; count > 0; count -= 1) {
    weight *= count / ((n - count + 1) * odds);
    if (weight < SMALLEST_WEIGHT) break;
    below.push(weight);
  }
  const above: number[] = [];
  for (let count = yes, weight = 1; count < n; count += 1) {
    weight *= ((n - count) * odds) / (count + 1);
    if (weight < SMALLEST_WEIGHT) break;
    above.push(weight);
  }
  const weights = [...below.toReversed(), 1, ...above];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return shares.map((share) => {
    let count = yes - below.length;
    let sum = 0;
    for (const weight of weights) {
      sum += weight;
      if (sum >= share * total) break;
      count += 1;
    }
    return Math.min(count, yes + above.length);
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function resampledMean(values: readonly number[], random: () => number): number {
  let sum = 0;
  for (let drawn = 0; drawn < values.length; drawn += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
  return sum / values.length;
}

/** Linear interpolation between the neighbours in rank. */
function quantile(sorted: readonly number[], share: number): number {
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}
