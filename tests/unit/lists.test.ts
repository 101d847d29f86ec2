import { expect, it } from 'vitest';

import { partition } from '../../domain/shards.ts';
import { zipStrict } from '../../domain/zip-strict.ts';

it('partitions in order, the last part shorter', () => {
  expect(partition([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(partition([1, 2], 5)).toEqual([[1, 2]]);
  expect(partition([], 3)).toEqual([]);
});

it.each([0, -1, 1.5, Number.NaN])('refuses parts of size %d', (size) => {
  expect(() => partition([1], size)).toThrow(RangeError);
});

it('pairs lists of one length by index', () => {
  expect(zipStrict([1, 2], ['a', 'b'])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
  expect(zipStrict([], [])).toEqual([]);
});

it('refuses to pair lists of different lengths', () => {
  expect(() => zipStrict([1, 2], ['a'])).toThrow('lists to be paired have different lengths: 2 and 1');
});
