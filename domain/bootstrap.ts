import { createRandom } from './random.ts';
import { zipStrict } from './zip-strict.ts';

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
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence must be in (0, 1), got ${confidence}`);
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
