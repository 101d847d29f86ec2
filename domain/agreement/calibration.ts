/** P(yes) that a judge gave, in [0, 1], and whether humans said yes. */
export interface Forecast {
  readonly probability: number;
  readonly isYes: boolean;
}

/** The forecasts of one stretch of probabilities: `low` belongs to it, `high` doesn't, save for 1. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Forecasts whose humans said yes. */
  readonly yes: number;
  /** Null in an empty bin. */
  readonly meanProbability: number | null;
  /** yes / count; null in an empty bin. */
  readonly yesRate: number | null;
}

/** How far a judge's probabilities can be taken at their word. */
export interface Calibration {
  /** Expected calibration error: mean over forecasts of |mean probability - yes rate| of their bin; in [0, 1]. */
  readonly ece: number | null;
  /** Mean squared difference of probability and outcome; in [0, 1], 0.25 for always saying 0.5. */
  readonly brier: number | null;
  readonly count: number;
  /** All bins, empty ones too, from 0 to 1. */
  readonly bins: readonly ReliabilityBin[];
}

/**
 * ECE over bins of equal width, Brier score and the bins themselves.
 *
 * The outcome is "humans said yes" and the forecast P(yes), over [0, 1]; not the confidence in the likelier label, over [0.5, 1].
 *
 * @throws RangeError for a probability outside [0, 1] or a number of bins that is no positive integer
 * @source Guo et al., On Calibration of Modern Neural Networks (arXiv 1706.04599) §2, eq. 3; Brier (1950)
 */
export function calibrate(forecasts: readonly Forecast[], binCount: number): Calibration {
  if (!Number.isSafeInteger(binCount) || binCount < 1) {
    throw new RangeError(`the number of bins must be a positive integer, got ${binCount}`);
  }
  const sums = Array.from({ length: binCount }, () => ({ count: 0, yes: 0, probability: 0 }));
  let squares = 0;
  for (const forecast of forecasts) {
    const bin = sums[binOf(forecast.probability, binCount)];
    if (bin === undefined) throw new RangeError(`a probability must be in [0, 1], got ${forecast.probability}`);
    bin.count += 1;
    bin.yes += forecast.isYes ? 1 : 0;
    bin.probability += forecast.probability;
    squares += squaredError(forecast);
  }
  const count = forecasts.length;
  const gaps = sums.reduce((sum, bin) => sum + Math.abs(bin.probability - bin.yes), 0);
  return {
    ece: count === 0 ? null : gaps / count,
    brier: count === 0 ? null : squares / count,
    count,
    bins: sums.map((bin, index) => ({
      low: index / binCount,
      high: (index + 1) / binCount,
      count: bin.count,
      yes: bin.yes,
      meanProbability: bin.count === 0 ? null : bin.probability / bin.count,
      yesRate: bin.count === 0 ? null : bin.yes / bin.count,
    })),
  };
}

/** One forecast's part of the Brier score. */
export function squaredError({ probability, isYes }: Forecast): number {
  return (probability - (isYes ? 1 : 0)) ** 2;
}

function binOf(probability: number, binCount: number): number {
  if (!(probability >= 0 && probability <= 1)) return -1;
  const index = Math.floor(probability * binCount);
  // 0.29 * 100 is 28.99...: the edge as it is printed decides, not the product.
  return Math.min((index + 1) / binCount <= probability ? index + 1 : index, binCount - 1);
}
