// Locks BOLT's filters behind the score: the global 30th percentile, strictly below it, then the best of each query.
import { describe, expect, it } from 'vitest';
import { adviseOnYield } from '../../domain/bolt/advise-on-yield.ts';
import { bestPerQuery, compareOutcomes } from '../../domain/bolt/best-per-query.ts';
import type { FrozenScores, OutcomeScore } from '../../domain/bolt/outcome-score.ts';
import { isKept, percentileCut } from '../../domain/bolt/percentile-cut.ts';
import { commonestFault, isYieldTooLow, SAMPLE_FATES, tallyYields, type SampleFate } from '../../domain/bolt/yields.ts';
import { createRandom } from '../../domain/random.ts';

const stamp = { scorer: 'checklist', revision: 'r1' };

function score(promptId: string, sampleIndex: number, value: number, lengthTokens = 100): OutcomeScore {
  return { promptId, sampleIndex, score: value, lengthTokens, stamp };
}

function frozen(scores: readonly OutcomeScore[]): FrozenScores {
  return { setHash: 'hash-1', scores };
}

/** Groups of up to 8 scores, rounded so that some are equal. */
function drawScores(seed: number): FrozenScores {
  const random = createRandom(seed);
  const scores = Array.from({ length: 12 }, (_, query) =>
    Array.from({ length: 1 + Math.floor(random() * 8) }, (_, index) =>
      score(`q-${query}`, index, Math.round((random() + query / 12) * 10) / 10, 50 + Math.floor(random() * 5)),
    ),
  ).flat();
  return frozen(scores);
}

describe('the percentile cut', () => {
  it('lies between neighbours in rank: 0.3 of 3 steps over 0, 1, 2, 3 is 0.9', () => {
    const set = frozen([3, 0, 2, 1].map((value, index) => score('q', index, value)));
    expect(percentileCut(set, 0.3)).toEqual({
      setHash: 'hash-1',
      stamp,
      share: 0.3,
      cut: expect.closeTo(0.9, 12) as number,
      scores: 4,
      below: 1,
    });
  });

  it('drops what is strictly below: of equal scores, none', () => {
    const set = frozen([1, 1, 1, 1].map((value, index) => score('q', index, value)));
    expect(percentileCut(set, 0.3)).toMatchObject({ cut: 1, below: 0 });
    expect(set.scores.every((one) => isKept(one, percentileCut(set, 0.3)))).toBe(true);
  });

  it('is a score itself at a whole rank, although 0.07 * 100 is 7.000000000000001', () => {
    const set = frozen(Array.from({ length: 101 }, (_, index) => score('q', index, index)));
    expect(percentileCut(set, 0.07)).toMatchObject({ cut: 7, below: 7 });
  });

  it('is the score itself where there is one, and drops none at 0', () => {
    expect(percentileCut(frozen([score('q', 0, 0.4)]), 0.3)).toMatchObject({ cut: 0.4, below: 0 });
    expect(percentileCut(drawScores(1), 0).below).toBe(0);
  });

  it('refuses an empty set', () => {
    expect(() => percentileCut(frozen([]), 0.3)).toThrow(expect.objectContaining({ code: 'data/no-scores' }));
  });

  it('refuses a score that is no number', () => {
    expect(() => percentileCut(frozen([score('q', 0, 1), score('q', 1, Number.NaN)]), 0.3)).toThrow(
      'Sample 1 of "q" has the score NaN: leave out what could not be scored, or score it again.',
    );
  });

  it('refuses scores of two scorers or revisions', () => {
    const other = { ...score('q', 1, 1), stamp: { scorer: 'checklist', revision: 'r2' } };
    expect(() => percentileCut(frozen([score('q', 0, 1), other]), 0.3)).toThrow(
      expect.objectContaining({
        code: 'data/mixed-scorers',
        message: expect.stringContaining(
          'by "checklist" (revision "r2") and others by "checklist" (revision "r1")',
        ) as string,
      }),
    );
  });
});

describe('the best of each query', () => {
  it('decides equal scores by length, then by index', () => {
    const set = frozen([score('q', 0, 1, 90), score('q', 1, 1, 80), score('q', 2, 1, 80), score('q', 3, 0, 10)]);
    expect(bestPerQuery(set, percentileCut(set, 0)).best.map(({ sampleIndex }) => sampleIndex)).toEqual([1]);
  });

  it('names the queries that lose all responses', () => {
    const set = frozen([score('low', 0, 0), score('high', 0, 5), score('high', 1, 6), score('high', 2, 7)]);
    // 0.3 of 3 steps over 0, 5, 6, 7: 4.5.
    const { best, lostQueries } = bestPerQuery(set, percentileCut(set, 0.3));
    expect(best).toEqual([score('high', 2, 7)]);
    expect(lostQueries).toEqual(['low']);
  });

  it('refuses a cut from another set of scores', () => {
    const set = drawScores(1);
    expect(() => bestPerQuery({ ...set, setHash: 'hash-2' }, percentileCut(set, 0.3))).toThrow(
      'freeze the scores once',
    );
    expect(() => bestPerQuery({ ...set, scores: set.scores.slice(1) }, percentileCut(set, 0.3))).toThrow('freeze');
  });

  const seeds = Array.from({ length: 200 }, (_, seed) => seed);

  it('keeps the queries whose best is at the cut or above, on 200 random sets', () => {
    for (const seed of seeds) {
      const set = drawScores(seed);
      const cut = percentileCut(set, 0.3);
      const bestOf = new Map<string, number>();
      for (const { promptId, score: value } of set.scores) {
        bestOf.set(promptId, Math.max(value, bestOf.get(promptId) ?? Number.NEGATIVE_INFINITY));
      }
      const above = [...bestOf].filter(([, value]) => value >= cut.cut).map(([promptId]) => promptId);
      const { best, lostQueries } = bestPerQuery(set, cut);
      expect(best.map(({ promptId }) => promptId)).toEqual(above);
      expect(best.length + lostQueries.length).toBe(bestOf.size);
    }
  });

  it('is the same whether it cuts and takes the best, or takes the best and drops those below', () => {
    for (const seed of seeds) {
      const set = drawScores(seed);
      const cut = percentileCut(set, 0.3);
      const queries = [...new Set(set.scores.map(({ promptId }) => promptId))];
      const bestFirst = queries
        .flatMap((promptId) =>
          set.scores
            .filter((one) => one.promptId === promptId)
            .toSorted(compareOutcomes)
            .slice(0, 1),
        )
        .filter((one) => isKept(one, cut));
      expect(bestPerQuery(set, cut).best).toEqual(bestFirst);
    }
  });
});

describe('yields', () => {
  const outcomes = (
    [
      ['q-1', 'logic', 'selected'],
      ['q-1', 'logic', 'not-best'],
      ['q-1', 'logic', 'no_open'],
      ['q-2', 'logic', 'below-cut'],
      ['q-2', 'logic', 'leak'],
      ['q-3', 'coding', 'no_open'],
      ['q-3', 'coding', 'failed'],
    ] as const satisfies readonly (readonly [string, string, SampleFate])[]
  ).map(([promptId, topic, fate]) => ({ promptId, topic, fate }));
  const table = tallyYields(outcomes);

  it('counts queries and samples of each topic, with their denominators', () => {
    expect(table.all).toMatchObject({ queries: 3, keptQueries: 1, lostToCut: 1, noValid: 1, samples: 7, valid: 3 });
    expect(
      table.byTopic.map(({ topic, queries, keptQueries, lostToCut, noValid, samples, valid }) => [
        topic,
        queries,
        keptQueries,
        lostToCut,
        noValid,
        samples,
        valid,
      ]),
    ).toEqual([
      ['coding', 1, 0, 0, 1, 2, 0],
      ['logic', 2, 1, 1, 0, 5, 3],
    ]);
  });

  it('counts each fate, so that they add up to the samples', () => {
    expect(table.all.fates).toMatchObject({
      selected: 1,
      'not-best': 1,
      'below-cut': 1,
      no_open: 2,
      leak: 1,
      failed: 1,
      too_long: 0,
    });
    expect(Object.values(table.all.fates).reduce((sum, count) => sum + count, 0)).toBe(7);
    expect(tallyYields([])).toMatchObject({ all: { queries: 0, samples: 0 }, byTopic: [] });
  });

  it('says that a yield is too low once there are enough answers: 3 of 6, failed calls left out', () => {
    expect(isYieldTooLow(table.all, { minYield: 0.6, minSamples: 6 })).toBe(true);
    expect(isYieldTooLow(table.all, { minYield: 0.5, minSamples: 6 })).toBe(false);
    expect(isYieldTooLow(table.all, { minYield: 0.6, minSamples: 7 })).toBe(false);
  });

  it('names the commonest fault, and knows what to do about each', () => {
    expect(commonestFault(table.all)).toBe('no_open');
    expect(commonestFault(tallyYields(outcomes.slice(0, 2)).all)).toBeNull();
    for (const fate of SAMPLE_FATES) expect(adviseOnYield(fate)).toMatch(/\.$/);
    expect(adviseOnYield('no_open')).toContain('bootstrap with a larger model');
  });
});
