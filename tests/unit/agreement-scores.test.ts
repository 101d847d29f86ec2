import { describe, expect, it } from 'vitest';
import { countMae } from '../../domain/agreement/count-mae.ts';
import { flipRate } from '../../domain/agreement/flip-rate.ts';
import { averagePreference, labelDistances, type Preference } from '../../domain/agreement/label-distance.ts';
import { majorityAnswer } from '../../domain/agreement/majority.ts';
import { pairWithMajority, toRatings } from '../../domain/agreement/match-raters.ts';
import { questionAccuracy } from '../../domain/agreement/question-accuracy.ts';
import { rougeL } from '../../domain/agreement/rouge-l.ts';
import {
  allPassRate,
  countUnparsed,
  isAllPass,
  meanOfTaskPassRates,
  meanOfTasks,
  pooledPassRate,
  softPassRate,
  taskPassRate,
  weightedPassRate,
} from '../../domain/agreement/scores.ts';

describe('scores', () => {
  // 1 of 2, 3 of 4, and one task with nothing readable.
  const tasks = [
    [true, false],
    [true, true, true, false],
    [null, null],
  ];

  it('pools all questions for DRFR: (1 + 3) / (2 + 4)', () => {
    expect(pooledPassRate(tasks)).toEqual({ rate: 4 / 6, count: 4, of: 6 });
  });

  it('averages the rates of the decided tasks: (1/2 + 3/4) / 2', () => {
    expect(meanOfTaskPassRates(tasks)).toEqual({ mean: 0.625, tasks: 2 });
  });

  it('leaves unparsed answers out of the denominator and counts them', () => {
    expect(taskPassRate([true, null, false])).toEqual({ rate: 0.5, count: 1, of: 2 });
    expect(taskPassRate([null])).toEqual({ rate: null, count: 0, of: 0 });
    expect(countUnparsed(tasks)).toBe(2);
    expect(meanOfTasks([null])).toEqual({ mean: null, tasks: 0 });
  });

  it('weights items: (100 + 20) / (100 + 50 + 20), the unparsed one in neither sum', () => {
    expect(weightedPassRate([true, false, true, null], [100, 50, 20, 80])).toEqual({
      rate: 120 / 170,
      passedWeight: 120,
      decidedWeight: 170,
    });
  });

  it('has no weighted rate where all weights are zero', () => {
    expect(weightedPassRate([true, false], [0, 0])).toEqual({ rate: null, passedWeight: 0, decidedWeight: 0 });
  });

  it.each([-1, 101, 0.5, Number.NaN])('refuses the weight %s', (weight) => {
    expect(() => weightedPassRate([true], [weight])).toThrow(/integer from 0 to 100/);
  });

  it('refuses weights for another number of items', () => {
    expect(() => weightedPassRate([true, false], [1])).toThrow(/different lengths: 2 and 1/);
  });

  it('averages P(yes) over the items that have one: (0.9 + 0.4) / 2', () => {
    expect(softPassRate([0.9, null, 0.4])).toEqual({ mean: 0.65, items: 2 });
  });

  it('knows a task as failed once one item is no, and as passed only when every item is yes', () => {
    expect(isAllPass([true, true])).toBe(true);
    expect(isAllPass([true, null, false])).toBe(false);
    expect(isAllPass([true, null])).toBeNull();
    expect(isAllPass([])).toBeNull();
    expect(allPassRate([[true], [false, null], [true, null]])).toEqual({ rate: 0.5, count: 1, of: 2 });
  });
});

describe('majorityAnswer', () => {
  it('takes what most labels say and leaves a tie undecided', () => {
    expect(majorityAnswer([true, true, false])).toBe(true);
    expect(majorityAnswer([false, null])).toBe(false);
    expect(majorityAnswer([true, false])).toBeNull();
    expect(majorityAnswer([null])).toBeNull();
  });

  it('pairs each question of the judge with the majority of its humans', () => {
    const tasks = [{ judge: [true, null], humans: [[true, false, false], [true]] }];
    expect(pairWithMajority(tasks)).toEqual([
      [
        { judge: true, human: false },
        { judge: null, human: true },
      ],
    ]);
    expect(toRatings([true, null, false])).toEqual([1, null, 0]);
  });
});

// Locks the paper's Table 4: exact and inverted shares give its weighted distance to within 0.001.
describe('labelDistances', () => {
  it.each([
    ['preference', 293, 210, 0.917],
    ['direct score', 464, 48, 0.583],
    ['check-then-score', 487, 41, 0.553],
    ['TICK', 522, 35, 0.514],
  ])('gives the published WPLD of %s from its shares in 1000 pairs', (_, exact, inverted, wpld) => {
    const pairs = Array.from({ length: 1000 }, (__, index): { judge: Preference; human: Preference } =>
      index < exact
        ? { judge: 1, human: 1 }
        : index < exact + inverted
          ? { judge: 1, human: -1 }
          : { judge: 0, human: 1 },
    );
    const distances = labelDistances(pairs);
    expect(distances.pld.map(({ count }) => count)).toEqual([exact, 1000 - exact - inverted, inverted]);
    expect(Math.abs((distances.wpld ?? 9) - wpld)).toBeLessThan(0.001 + 1e-12);
  });

  it('leaves an unparsed preference out: distances 0, 1, 2 give WPLD (1 + 2) / 3', () => {
    expect(
      labelDistances([
        { judge: -1, human: -1 },
        { judge: 0, human: -1 },
        { judge: 1, human: -1 },
        { judge: null, human: 1 },
      ]),
    ).toEqual({
      pld: [
        { rate: 1 / 3, count: 1, of: 3 },
        { rate: 1 / 3, count: 1, of: 3 },
        { rate: 1 / 3, count: 1, of: 3 },
      ],
      wpld: 1,
      unparsed: 1,
    });
    expect(labelDistances([]).wpld).toBeNull();
  });

  it.each<[Preference[], Preference]>([
    [[1, 1, -1], 0], // mean 1/3
    [[1, 1, 0], 1], // mean 2/3
    [[-1, 0], -1], // mean -1/2: at least half
    [[0, 0, 1], 0],
  ])('averages %j to %d', (labels, expected) => {
    expect(averagePreference(labels)).toBe(expected);
  });

  it('refuses to average no preference', () => {
    expect(() => averagePreference([])).toThrow(/no preference/);
  });
});

describe('questionAccuracy', () => {
  it('parts what humans pass from what they fail, and counts what neither rate holds', () => {
    // Humans: yes 3 (judge yes 2), no 2 (judge yes 1).
    const questions = [
      { judge: true, human: true },
      { judge: true, human: true },
      { judge: false, human: true },
      { judge: true, human: false },
      { judge: false, human: false },
      { judge: null, human: true },
      { judge: true, human: null },
    ];
    expect(questionAccuracy(questions)).toEqual({
      accuracy: { rate: 3 / 5, count: 3, of: 5 },
      truePositiveRate: { rate: 2 / 3, count: 2, of: 3 },
      trueNegativeRate: { rate: 1 / 2, count: 1, of: 2 },
      falsePassRate: { rate: 1 / 2, count: 1, of: 2 },
      unparsed: 1,
      humanUndecided: 1,
    });
  });

  it('has no false-pass rate where humans pass everything', () => {
    expect(questionAccuracy([{ judge: true, human: true }]).falsePassRate).toEqual({ rate: null, count: 0, of: 0 });
  });
});

describe('flipRate', () => {
  it('counts items that ever flip, and differing pairs of repeats', () => {
    // yes yes no: 2 of 3 pairs differ; no no: 0 of 1; yes null: too few.
    expect(
      flipRate([
        [true, true, false],
        [false, false],
        [true, null],
      ]),
    ).toEqual({
      flippedItems: { rate: 1 / 2, count: 1, of: 2 },
      differingPairs: { rate: 2 / 4, count: 2, of: 4 },
      unparsed: 1,
      itemsTooFew: 1,
    });
  });
});

describe('countMae', () => {
  it('averages the difference in size: (|5 - 3| + |2 - 3|) / 2', () => {
    expect(
      countMae([
        [5, 3],
        [2, 3],
      ]),
    ).toBe(1.5);
    expect(countMae([])).toBeNull();
  });
});

describe('rougeL', () => {
  it('scores the longest common subsequence: "the cat the mat" is 4 of 6 and of 5 words', () => {
    // candidate: the cat sat on the mat; reference: the cat is the mat
    const rouge = rougeL('The cat sat on the mat.', 'the cat is, the mat');
    expect(rouge?.precision).toBeCloseTo(4 / 6, 12);
    expect(rouge?.recall).toBeCloseTo(4 / 5, 12);
    expect(rouge?.f1).toBeCloseTo((2 * (4 / 6) * (4 / 5)) / (4 / 6 + 4 / 5), 12);
  });

  it('keeps order and stems nothing', () => {
    expect(rougeL('b a', 'a b')?.f1).toBe(0.5);
    expect(rougeL('cats', 'cat')?.f1).toBe(0);
  });

  it('parts words at everything but a-z and 0-9, as rouge-score does', () => {
    // caf + 2nd-hand -> caf, 2nd, hand
    expect(rougeL('café 2nd-hand', 'caf 2nd hand')?.f1).toBe(1);
  });

  it('is 0 for an empty candidate, and undefined for a reference without such words', () => {
    expect(rougeL('', 'a')?.f1).toBe(0);
    expect(rougeL('a', '漢字')).toBeNull();
  });
});
