import { expect, it } from 'vitest';

import { bootstrapMean, bootstrapPairedDifference } from '../../domain/bootstrap.ts';

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
