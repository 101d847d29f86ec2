// Locks how queries are drawn: the shares of published sets, seeds that never meet, and when another batch starts.
import { describe, expect, it } from 'vitest';
import { batchesToSettle, decideNextBatch, describeShortfall } from '../../domain/synthesis/batch-demand.ts';
import { planQueryCalls, SEED_STRIDE } from '../../domain/synthesis/query-plan.ts';
import { QUERY_PRESETS, resolvePresetChoices, resolveQueryStyle } from '../../domain/synthesis/query-presets.ts';

describe('sampling presets', () => {
  it('have the shares of the released sets', () => {
    const air = QUERY_PRESETS.air.cells;
    // Nine cells of 300 thousand and three of 100 thousand.
    expect(air).toHaveLength(12);
    expect(air.reduce((sum, { share }) => sum + share, 0)).toBe(3000);
    expect(air.filter(({ temperature }) => temperature === 1.25).map(({ topP, share }) => [topP, share])).toEqual([
      [1, 100],
      [0.995, 100],
      [0.99, 100],
    ]);
    expect(QUERY_PRESETS.pro.cells.map(({ temperature, topP, share }) => [temperature, topP, share])).toEqual([
      [1, 1, 300],
      [1.1, 0.995, 300],
      [1.2, 0.995, 300],
      [1.25, 0.99, 100],
    ]);
  });

  it('give way to what a config says', () => {
    expect(resolveQueryStyle({ preset: 'gemma-2' })).toMatchObject({ newlineStop: false, sanitiser: 'gemma-2' });
    const cells = [{ temperature: 0.5, topP: 1, minP: 0, share: 1 }];
    expect(resolveQueryStyle({ preset: 'gemma-2', cells, newlineStop: true, sanitiser: 'none' })).toMatchObject({
      cells,
      newlineStop: true,
      sanitiser: null,
    });
  });

  it.each([
    ['llama-3', 0, false],
    ['llama-3.1-8b', 0.6, true],
    ['llama-3.1-70b', 0.6, true],
    ['llama-3.3-70b', 0, false],
    ['qwen2.5-coder-32b', 0, false],
    ['qwen2.5-math-72b', 0.6, false],
  ] as const)(
    'of %s reply at the published temperature, %s, and drop Markdown where its tokens are masked: %s',
    (preset, temperature, markdown) => {
      const open = { queries: { preset }, replies: {}, screening: {} };
      expect(resolvePresetChoices(open)).toEqual({ replyTemperature: temperature, rejectMarkdown: markdown });
      const said = { ...open, replies: { temperature: 0.3 }, screening: { rejectMarkdown: !markdown } };
      expect(resolvePresetChoices(said)).toEqual({ replyTemperature: 0.3, rejectMarkdown: !markdown });
    },
  );
});

describe('the plan of query calls', () => {
  const source = {
    seed: 1,
    cells: [
      ['a', 3],
      ['b', 1],
    ],
    steerings: [
      ['x', 1],
      ['y', 1],
    ],
    callsPerBatch: 4,
    samplesPerCall: 32,
  } as const;
  const calls = (batches: number) =>
    Array.from({ length: batches }, (_, batch) => planQueryCalls<string, string>(source, batch)).flat();

  it('gives calls seeds that are far enough apart for their samples', () => {
    const seeds = calls(1000)
      .map(({ seed }) => seed)
      .toSorted((a, b) => a - b);
    const gaps = seeds.slice(1).map((seed, index) => seed - (seeds[index] ?? 0));
    expect(Math.min(...gaps)).toBe(SEED_STRIDE);
    expect(Math.max(...seeds)).toBeLessThan(2 ** 31);
  });

  it('comes close to the shares of cells and steering, and of both together, in a few calls', () => {
    const drawn = calls(25);
    const share = (matches: (call: (typeof drawn)[number]) => boolean) => drawn.filter(matches).length / 100;
    expect(share(({ cell }) => cell === 'a')).toBeCloseTo(0.75, 1);
    expect(share(({ steering }) => steering === 'x')).toBeCloseTo(0.5, 1);
    expect(share(({ cell, steering }) => cell === 'a' && steering === 'x')).toBeCloseTo(0.375, 1);
  });

  it('plans a batch alike whenever it is asked, and otherwise under another seed', () => {
    expect(planQueryCalls(source, 7)).toEqual(planQueryCalls(source, 7));
    expect(planQueryCalls({ ...source, seed: 2 }, 7)).not.toEqual(planQueryCalls(source, 7));
  });
});

describe('how many batches', () => {
  const goal = { rowsToKeep: 100, maxBatches: 10 };
  const state = (kept: number, finishedBatches: number, startedBatches: number) => ({
    kept,
    finishedBatches,
    startedBatches,
  });

  it('starts as long as what is in the air is not expected to be enough', () => {
    expect(decideNextBatch(state(0, 0, 3), goal)).toBe('start');
    expect(decideNextBatch(state(60, 2, 3), goal)).toBe('start'); // 60 + 30 < 100
    expect(decideNextBatch(state(70, 2, 3), goal)).toBe('wait'); // 70 + 35
    expect(decideNextBatch(state(0, 4, 5), goal)).toBe('start');
    expect(decideNextBatch(state(100, 3, 4), goal)).toBe('end');
    expect(decideNextBatch(state(99, 3, 3), goal)).toBe('start');
    expect(decideNextBatch(state(50, 9, 10), goal)).toBe('wait');
    expect(decideNextBatch(state(50, 10, 10), goal)).toBe('end');
  });

  it('settles the first batches that are enough, whichever others are done', () => {
    expect(batchesToSettle([40, 40, 40, 40], 100)).toBe(3);
    expect(batchesToSettle([40, 40], 100)).toBe(2);
    expect(batchesToSettle([], 100)).toBe(0);
  });

  it('says why there are too few rows', () => {
    const asked = { ...goal, numRows: 100 };
    expect(describeShortfall(state(100, 3, 3), asked)).toBeNull();
    expect(describeShortfall(state(75, 10, 10), { ...goal, numRows: 50 })).toMatch(
      /^50 rows, chosen from 75 instead of 100: 10 batches were done/,
    );
    expect(describeShortfall(state(40, 10, 10), asked)).toMatch(/^40 of 100 rows were kept when 10 batches were done/);
  });
});
