import { describe, expect, it } from 'vitest';
import { calibrate } from '../../domain/agreement/calibration.ts';
import { cohenKappa } from '../../domain/agreement/cohen-kappa.ts';
import { kendallTauB, pearson, spearman } from '../../domain/agreement/correlation.ts';
import { krippendorffAlpha } from '../../domain/agreement/krippendorff-alpha.ts';
import { llmbarStatistics } from '../../domain/agreement/llmbar-statistics.ts';
import { renderReliabilityHtml } from '../../domain/agreement/reliability-html.ts';
import { createRandom } from '../../domain/random.ts';

describe('cohenKappa', () => {
  it('corrects agreement for chance: observed 35/50, chance 0.5, kappa 0.4', () => {
    // yes/yes 20, yes/no 5, no/yes 10, no/no 15: chance (25 * 30 + 25 * 20) / 2500 = 0.5; (0.7 - 0.5) / (1 - 0.5)
    const repeat = (count: number, pair: readonly [boolean, boolean]) => Array.from({ length: count }, () => pair);
    const pairs = [
      ...repeat(20, [true, true]),
      ...repeat(5, [true, false]),
      ...repeat(10, [false, true]),
      ...repeat(15, [false, false]),
    ];
    expect(cohenKappa(pairs)).toBeCloseTo(0.4, 12);
  });

  it('is undefined without pairs or where both gave one same label', () => {
    expect(cohenKappa([])).toBeNull();
    expect(
      cohenKappa([
        [1, 1],
        [1, 1],
      ]),
    ).toBeNull();
  });

  it('is 0 where one rater never varies', () => {
    expect(
      cohenKappa([
        [1, 1],
        [1, 2],
      ]),
    ).toBe(0);
  });
});

// Locks Krippendorff's own worked example (2011, part D): 4 observers, 12 units, missing data.
describe('krippendorffAlpha', () => {
  const MISSING = null;
  const observers = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, MISSING, MISSING, MISSING],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, MISSING, 3],
    [MISSING, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, MISSING],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, MISSING],
  ];
  const units = Array.from({ length: 12 }, (_, unit) => observers.map((values) => values[unit] ?? null));

  it.each([
    ['nominal', 0.743],
    ['ordinal', 0.815],
    ['interval', 0.849],
  ] as const)('gives the published %s alpha %d', (level, alpha) => {
    const result = krippendorffAlpha(units, level);
    expect(result.alpha).toBeCloseTo(alpha, 3);
    // Unit 12 has one value, so 11 units with 40 of the 41 values can be paired.
    expect(result).toMatchObject({ units: 11, values: 40 });
  });

  it('gives the published alpha of two observers with binary data', () => {
    // Part A of the same text: 10 units, o01 = 4 twice, n0 = 14, n1 = 6: 1 - (20 - 1) * 4 / (14 * 6) = 0.095
    const first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0];
    const second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0];
    const pairs = first.map((value, index) => [value, second[index] ?? null]);
    expect(krippendorffAlpha(pairs, 'nominal').alpha).toBeCloseTo(1 - (19 * 4) / 84, 12);
  });

  it('is undefined without pairs, or where all values are the same', () => {
    expect(krippendorffAlpha([[1], [null, 2]], 'nominal')).toEqual({ alpha: null, units: 0, values: 0 });
    expect(
      krippendorffAlpha(
        [
          [1, 1],
          [1, 1],
        ],
        'interval',
      ),
    ).toEqual({ alpha: null, units: 2, values: 4 });
  });

  it('refuses a rating that is no number', () => {
    expect(() => krippendorffAlpha([[1, Number.NaN]], 'nominal')).toThrow(/finite number/);
  });
});

describe('correlation', () => {
  it('gives r of a small list by hand', () => {
    // deviations (-1, 0, 1) and (-4/3, 2/3, 2/3): 2 / sqrt(2 * 8/3) = 0.8660
    expect(pearson([1, 2, 3], [1, 3, 3])).toBeCloseTo(2 / Math.sqrt(16 / 3), 12);
    expect(pearson([1, 2, 3], [6, 4, 2])).toBe(-1);
  });

  it('is undefined for a constant list, fewer than two pairs or none', () => {
    for (const correlate of [pearson, spearman, kendallTauB]) {
      expect(correlate([0.1, 0.1, 0.1], [1, 2, 3])).toBeNull();
      expect(correlate([1], [2])).toBeNull();
      expect(correlate([], [])).toBeNull();
      expect(() => correlate([1, 2], [1])).toThrow(/different lengths/);
      expect(() => correlate([1, Number.NaN], [1, 2])).toThrow(/finite/);
    }
  });

  it('neither overflows nor vanishes at the ends of the scale', () => {
    expect(pearson([1e300, 2e300, 3e300], [1e-300, 2e-300, 3e-300])).toBeCloseTo(1, 12);
  });

  it('shares the average rank among ties', () => {
    // ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5)
    expect(spearman([1, 2, 2, 9], [10, 20, 30, 40])).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
  });

  it('corrects tau for ties', () => {
    // pairs 6: 5 concordant, 1 tied in the first: 5 / sqrt(5 * 6)
    expect(kendallTauB([1, 2, 2, 9], [10, 20, 30, 40])).toBeCloseTo(5 / Math.sqrt(30), 12);
    expect(kendallTauB([1, 2, 3], [3, 2, 1])).toBe(-1);
  });

  it('gives the tau of the quadratic definition on lists with many ties', () => {
    const random = createRandom(7);
    const draw = () => Array.from({ length: 200 }, () => Math.floor(random() * 12));
    const [first, second] = [draw(), draw()];
    let [difference, untiedFirst, untiedSecond] = [0, 0, 0];
    for (let i = 0; i < 200; i += 1) {
      for (let j = 0; j < i; j += 1) {
        const [a, b] = [Math.sign(first[i]! - first[j]!), Math.sign(second[i]! - second[j]!)];
        difference += a * b;
        untiedFirst += a * a;
        untiedSecond += b * b;
      }
    }
    expect(kendallTauB(first, second)).toBeCloseTo(difference / Math.sqrt(untiedFirst * untiedSecond), 12);
  });

  it('takes a hundred thousand pairs in its stride', () => {
    const random = createRandom(3);
    const first = Array.from({ length: 100_000 }, () => random());
    expect(kendallTauB(first, first)).toBe(1);
  });
});

describe('calibrate', () => {
  it('weighs the gap of each bin by its share of the answers', () => {
    // [0, 0.5): 0.1 and 0.3, no and yes: |0.2 - 0.5|; [0.5, 1]: 0.8 and 1, both yes: |0.9 - 1|; ECE (0.3 + 0.1) / 2
    const { ece, brier, bins, count } = calibrate(
      [
        { probability: 0.1, isYes: false },
        { probability: 0.3, isYes: true },
        { probability: 0.8, isYes: true },
        { probability: 1, isYes: true },
      ],
      2,
    );
    expect(ece).toBeCloseTo(0.2, 12);
    // (0.01 + 0.49 + 0.04 + 0) / 4
    expect(brier).toBeCloseTo(0.135, 12);
    expect(count).toBe(4);
    expect(bins.map((bin) => [bin.count, bin.yes])).toEqual([
      [2, 1],
      [2, 2],
    ]);
    expect(bins[1]?.meanProbability).toBeCloseTo(0.9, 12);
  });

  it('puts a probability on an edge into the bin above, also where the product is a hair below', () => {
    const counts = (probability: number, bins: number) =>
      calibrate([{ probability, isYes: true }], bins).bins.findIndex(({ count }) => count === 1);
    expect(0.29 * 100).toBeLessThan(29);
    expect(counts(0.29, 100)).toBe(29);
    expect(counts(0.5, 2)).toBe(1);
    expect(counts(1, 10)).toBe(9);
    expect(counts(0, 10)).toBe(0);
  });

  it('has no error without answers, and empty bins have no rate', () => {
    expect(calibrate([], 1)).toEqual({
      ece: null,
      brier: null,
      count: 0,
      bins: [{ low: 0, high: 1, count: 0, yes: 0, meanProbability: null, yesRate: null }],
    });
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses the probability %s', (probability) => {
    expect(() => calibrate([{ probability, isYes: true }], 10)).toThrow(/in \[0, 1\]/);
  });
});

describe('renderReliabilityHtml', () => {
  it('is one file that loads nothing and shows the name as text', () => {
    const calibration = calibrate([{ probability: 0.75, isYes: true }], 4);
    const page = renderReliabilityHtml({ name: '<script>x</script>', calibration, brier: null, unparsed: 3 });
    expect(page).toContain('Reliability of &lt;script&gt;x&lt;/script&gt;');
    expect(page).not.toMatch(/<script|https?:|src=|url\(/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page.match(/<circle/g)).toHaveLength(1);
    expect(page).toContain('1 yes of 1');
    expect(page).not.toContain('NaN');
  });

  it('draws an empty judgment without a number that is none', () => {
    const page = renderReliabilityHtml({ name: 'none', calibration: calibrate([], 10), brier: null, unparsed: 0 });
    expect(page).not.toContain('NaN');
    expect(page).toContain('not reported');
  });
});

describe('llmbarStatistics', () => {
  it('counts an unreadable winner as wrong, and gives kappa of the winners beside upstream’s', () => {
    const statistics = llmbarStatistics([
      { label: 1, asGiven: '1', swapped: '1' },
      { label: 2, asGiven: '2', swapped: '1' },
      { label: 2, asGiven: null, swapped: null },
    ]);
    expect(statistics).toMatchObject({
      correctFalse: { count: 2, of: 3 },
      correctTrue: { count: 1, of: 3 },
      correctAverage: { rate: 3 / 6 },
      correctBoth: { count: 1 },
      equal: { count: 2 },
      unparsed: 2,
      // As given: both readable winners are right.
      kappa: { asGiven: 1 },
    });
    // Codes 1 0 0 against labels 1 2 2: 2 of 3 differ, and by chance 9 - 1 * 1 of 9: 1 - 2 * 3 / 8
    expect(statistics.upstreamKappa.asGiven).toBeCloseTo(0.25, 12);
  });
});
