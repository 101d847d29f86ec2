import { expect, it } from 'vitest';

import { callSeed, createRandom, deriveSeed } from '../../domain/random.ts';

const identity = { seed: 1, stage: 'respond', round: 0, promptId: 'p-1', sampleIndex: 0 };

it('draws the same numbers for the same seed', () => {
  const [first, second] = [createRandom(7), createRandom(7)];
  const drawn = Array.from({ length: 5 }, first);
  expect(drawn).toEqual(Array.from({ length: 5 }, second));
  expect(drawn).not.toEqual(Array.from({ length: 5 }, createRandom(8)));
});

it('matches the published mulberry32 for seed 0', () => {
  const random = createRandom(0);
  expect([random(), random()]).toEqual([0.26642920868471265, 0.0003297457005828619]);
});

it('draws evenly from [0, 1)', () => {
  const random = createRandom(3);
  const drawn = Array.from({ length: 10_000 }, random);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...drawn)).toBeLessThan(1);
  expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
});

it('derives seeds within bounds, as multiples of the stride', () => {
  const seeds = Array.from({ length: 2000 }, (_, index) => deriveSeed(['row', index], 64));
  expect(seeds.every((seed) => seed % 64 === 0 && seed >= 0 && seed <= 2 ** 31 - 1 - 4096)).toBe(true);
  expect(new Set(seeds).size).toBe(2000);
});

it('tells parts apart that join to the same text', () => {
  expect(deriveSeed(['a', 'bc'])).not.toBe(deriveSeed(['ab', 'c']));
  expect(deriveSeed([1])).not.toBe(deriveSeed(['1']));
});

it('refuses a stride that is no positive integer', () => {
  expect(() => deriveSeed(['a'], 0)).toThrow(RangeError);
  expect(() => deriveSeed(['a'], 1.5)).toThrow(RangeError);
});

it('gives sample g the seed base + g, however samples are split into calls', () => {
  const base = callSeed(identity);
  expect(base % 4096).toBe(0);
  expect([1, 4, 4095].map((sampleIndex) => callSeed({ ...identity, sampleIndex }) - base)).toEqual([1, 4, 4095]);
});

it('keeps seeds stable across releases', () => {
  expect(callSeed(identity)).toBe(1544769536);
});

it('gives other rows, rounds, stages and runs other seeds', () => {
  const others = [
    identity,
    { ...identity, seed: 2 },
    { ...identity, stage: 'evaluate' },
    { ...identity, round: 1 },
    { ...identity, promptId: 'p-2' },
  ];
  expect(new Set(others.map(callSeed)).size).toBe(5);
});

it('refuses a sample index outside of its block of seeds', () => {
  expect(() => callSeed({ ...identity, sampleIndex: 4096 })).toThrow('sampleIndex must be an integer in [0, 4096)');
  expect(() => callSeed({ ...identity, sampleIndex: -1 })).toThrow(RangeError);
});
