import { expect, it } from 'vitest';

import { bootstrapMean, bootstrapPairedDifference, bootstrapShare } from '../../domain/bootstrap.ts';

const options = { resamples: 2000, confidence: 0.95, seed: 5 };

it('has an interval of no width when all values are equal', () => {
  expect(bootstrapMean([0.5, 0.5, 0.5], options)).toEqual({ mean: 0.5, low: 0.5, high: 0.5, n: 3 });
});

it('comes close to the normal interval of a mean', () => {
  const values = Array.from({ length: 400 }, (_, index) => index % 2);
  const { mean, low, high, n } = bootstrapMean(values, options);
  expect({ mean, n }).toEqual({ mean: 0.5, n: 400 });
  expect(low).toBeGreaterThan(0.44);
  expect(low).toBeLessThan(0.46);
  expect(high).toBeGreaterThan(0.54);
  expect(high).toBeLessThan(0.56);
});

it('gives the same interval for the same seed', () => {
  expect(bootstrapMean([0, 1, 1, 0.3], options)).toEqual(bootstrapMean([0, 1, 1, 0.3], options));
});

it('narrows with less confidence', () => {
  const values = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const wide = bootstrapMean(values, options);
  const narrow = bootstrapMean(values, { ...options, confidence: 0.5 });
  expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
});

it('pairs differences by prompt, so that a shift of all has no width', () => {
  expect(bootstrapPairedDifference([0, 0.5, 0.25], [0.5, 1, 0.75], options)).toEqual({
    mean: 0.5,
    low: 0.5,
    high: 0.5,
    n: 3,
  });
});

it('refuses lists of different lengths, no values and impossible options', () => {
  expect(() => bootstrapPairedDifference([1], [1, 2], options)).toThrow('different lengths: 1 and 2');
  expect(() => bootstrapMean([], options)).toThrow(RangeError);
  expect(() => bootstrapMean([1], { ...options, resamples: 0 })).toThrow(RangeError);
  expect(() => bootstrapMean([1], { ...options, confidence: 1 })).toThrow(RangeError);
});

/** The least count that holds this share of the mass of n draws below or at it, added up one by one. */
function percentile(yes: number, n: number, share: number): number {
  let mass = (1 - yes / n) ** n;
  let sum = mass;
  let count = 0;
  while (sum < share) {
    mass *= ((n - count) * yes) / ((count + 1) * (n - yes));
    count += 1;
    sum += mass;
  }
  return count;
}

it('has the percentiles of all draws for a share, without drawing any', () => {
  for (const [yes, n] of [
    [1, 2],
    [3, 7],
    [1, 300],
    [20, 25],
    [60, 200],
  ] as const) {
    const { mean, low, high } = bootstrapShare(yes, n, 0.9);
    expect([mean, low * n, high * n]).toEqual([
      yes / n,
      expect.closeTo(percentile(yes, n, 0.05), 9),
      expect.closeTo(percentile(yes, n, 0.95), 9),
    ]);
  }
});

it('comes to a share what resampling its zeros and ones comes close to', () => {
  const values = Array.from({ length: 250 }, (_, index) => (index < 200 ? 1 : 0));
  const drawn = bootstrapMean(values, options);
  const computed = bootstrapShare(200, 250, 0.95);
  expect(computed).toMatchObject({ mean: drawn.mean, n: 250 });
  expect(Math.abs(computed.low - drawn.low)).toBeLessThan(0.01);
  expect(Math.abs(computed.high - drawn.high)).toBeLessThan(0.01);
});

it('has no width for a share of none or of all, and the normal one for a million', () => {
  expect(bootstrapShare(0, 9, 0.95)).toEqual({ mean: 0, low: 0, high: 0, n: 9 });
  expect(bootstrapShare(9, 9, 0.95)).toEqual({ mean: 1, low: 1, high: 1, n: 9 });
  const { low, high } = bootstrapShare(900_000, 1_000_000, 0.95);
  // 1.96 standard errors of 0.0003
  expect([low, high]).toEqual([expect.closeTo(0.9 - 0.000588, 5), expect.closeTo(0.9 + 0.000588, 5)]);
});

it('refuses a share that is none', () => {
  expect(() => bootstrapShare(0, 0, 0.95)).toThrow('at least one item, got 0');
  expect(() => bootstrapShare(4, 3, 0.95)).toThrow('yes must be a whole number in [0, 3], got 4');
  expect(() => bootstrapShare(1, 3, 0)).toThrow('confidence must be in (0, 1), got 0');
});
