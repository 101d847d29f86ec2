// Locks the promises of the draw: no skill twice in a row, no combination twice before all were drawn, held-out ones
// disjoint, equal parts of types and sizes to within one, and an exact share of spoiled rows.
import { describe, expect, it } from 'vitest';
import { binomial, createCombinationDraw, partOf } from '../../domain/skillmix/combinations.ts';
import { planWave } from '../../domain/skillmix/plan-wave.ts';
import { layOutSlots, type SlotRules } from '../../domain/skillmix/slots.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `skill_${index}`);
const draws = (count: number, draw: () => readonly string[]) => Array.from({ length: count }, () => draw());
const keyOf = (combination: readonly string[]) => combination.toSorted().join(' ');
const tally = (values: readonly (string | number)[]) =>
  values.reduce((counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1), new Map<string | number, number>());

describe('combinations', () => {
  it.each([1, 2, 3, 4])('of %i skills come each once before any comes again', (size) => {
    const total = binomial(8, size);
    const draw = createCombinationDraw({ names: names(8), size, part: 'train', heldOutShare: 0 }, 7);
    const [first, second] = [draws(total, draw), draws(total, draw)];
    expect(new Set(first.map(keyOf)).size).toBe(total);
    expect(new Set(second.map(keyOf)).size).toBe(total);
    expect(second.map(keyOf)).not.toEqual(first.map(keyOf));
    for (const combination of first) expect(new Set(combination).size).toBe(size);
  });

  it('follow from the seed and not from the order of the names', () => {
    const drawn = (seed: number, order: readonly string[]) =>
      draws(20, createCombinationDraw({ names: order, size: 2, part: 'train', heldOutShare: 0 }, seed));
    expect(drawn(1, names(30))).toEqual(drawn(1, names(30).toReversed()));
    expect(drawn(1, names(30))).not.toEqual(drawn(2, names(30)));
  });

  it('can be drawn from spaces that nobody could write down', () => {
    const space = { names: names(3000), size: 4, part: 'train', heldOutShare: 0 } as const;
    expect(binomial(3000, 4)).toBe(3_368_254_124_250);
    const drawn = draws(500, createCombinationDraw(space, 1));
    expect(new Set(drawn.map(keyOf)).size).toBe(500);
    // About uniform: 2,000 skills drawn with few repeats, from all of the list.
    expect(new Set(drawn.flat()).size).toBeGreaterThan(1300);
  });

  it('that are held out are never those of the training, whatever the seeds', () => {
    const space = { names: names(20), size: 2, heldOutShare: 0.2 } as const;
    const isHeldOut = (combination: readonly string[]) => partOf(combination, 0.2) === 'held-out';
    const train = draws(120, createCombinationDraw({ ...space, part: 'train' }, 1)).map(keyOf);
    const heldOut = draws(30, createCombinationDraw({ ...space, part: 'held-out' }, 2));
    expect(heldOut.every(isHeldOut)).toBe(true);
    expect(train.filter((key) => heldOut.map(keyOf).includes(key))).toEqual([]);
  });

  it('of more skills than there are, or of an empty part, are refused', () => {
    const refuse = (count: number, part: 'train' | 'held-out', heldOutShare: number) => () =>
      createCombinationDraw({ names: names(count), size: 3, part, heldOutShare }, 1)();
    expect(refuse(2, 'train', 0)).toThrow(/No combination of 3 of the 2 skills is in the part "train"/);
    expect(refuse(5, 'held-out', 0)).toThrow(/held-out/);
  });
});

const RULES: SlotRules = {
  numRows: 100,
  seed: 3,
  sizes: [1, 2, 3],
  queryTypes: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
  lowQuality: { kind: 'junk', share: 0.2 },
};

describe('slots', () => {
  it('have types and sizes in equal parts to within one, and exactly the share of spoiled rows', () => {
    const slots = layOutSlots(RULES);
    // 100 = 7 * 14 + 2 = 3 * 33 + 1
    expect([...tally(slots.map(({ queryType }) => queryType)).values()].toSorted((a, b) => a - b)).toEqual([
      14, 14, 14, 14, 14, 15, 15,
    ]);
    expect([...tally(slots.map(({ size }) => size)).values()].toSorted((a, b) => a - b)).toEqual([33, 33, 34]);
    expect(tally(slots.map(({ quality }) => quality))).toEqual(
      new Map([
        [slots[0]?.quality, slots[0]?.quality === 'clean' ? 80 : 20],
        [slots[0]?.quality === 'clean' ? 'junk' : 'clean', slots[0]?.quality === 'clean' ? 20 : 80],
      ]),
    );
    // Shuffled: the spoiled ones are not the first ones.
    expect(slots.slice(0, 20).some(({ quality }) => quality === 'clean')).toBe(true);
  });

  it('are the same for the same seed', () => {
    expect(layOutSlots(RULES)).toEqual(layOutSlots(RULES));
    expect(layOutSlots({ ...RULES, seed: 4 })).not.toEqual(layOutSlots(RULES));
    expect(layOutSlots({ ...RULES, lowQuality: null }).every(({ quality }) => quality === 'clean')).toBe(true);
  });
});

describe('a wave', () => {
  const slots = layOutSlots({ ...RULES, numRows: 6, sizes: [1, 2], lowQuality: null });
  const rules = { names: names(5), seed: 3, part: 'train', heldOutShare: 0 } as const;

  it('draws for every slot first, then only for those without a row, and never what was drawn before', () => {
    const first = planWave(slots, [], rules);
    expect(first.map(({ slot, redraw }) => [slot, redraw])).toEqual(slots.map(({ slot }) => [slot, 0]));
    const outcomes = first.map(({ slot, size, redraw }) => ({
      slot,
      size,
      redraw,
      rowId: `r${slot}`,
      failed: slot % 3 === 0 ? 'draft/no-labels' : null,
    }));
    const second = planWave(slots, outcomes, rules);
    expect(second.map(({ slot, redraw }) => [slot, redraw])).toEqual([
      [0, 1],
      [3, 1],
    ]);
    expect(second.map(({ queryType, size }) => [queryType, size])).toEqual(
      [0, 3].map((slot) => [slots[slot]?.queryType, slots[slot]?.size]),
    );
    const drawn = [...first, ...second].map(({ skills }) => keyOf(skills));
    expect(new Set(drawn).size).toBe(8);
  });
});
