// Locks the edge cases 19 to 23 of Magpie's neighbours: exact copies, hundreds of copies, copies of copies, the order of
// rows, and the two rules that are easily taken for one.
import { describe, expect, it } from 'vitest';
import { createVectorIndex } from '../../clients/vector-index.ts';
import { compareRows, exactKey } from '../../domain/synthesis/compare-rows.ts';
import type { FilterRule } from '../../domain/synthesis/filter-rule.ts';
import { nearerOf, type NeighbourIndex } from '../../domain/synthesis/neighbours.ts';
import { queryOf } from '../../domain/synthesis/row-texts.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { createWordIndex } from '../../domain/synthesis/word-index.ts';
import { makeRow } from '../support/make-quality-rows.ts';

const NO_REPEATS: readonly FilterRule[] = [{ kind: 'no-repeats' }];

/** A unit vector at an angle, so that two at angles a and b are 1 - cos(a - b) apart. */
const at = (degrees: number) =>
  Float32Array.from([Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]);

/** Cosine distance below 0.025 is an angle below 12.8 degrees. */
const BELOW = 0.025;

/** Compares rows with what came before, batch by batch, as the activity does. */
function compareInBatches<Item>(
  rows: readonly SynthesisRow[],
  itemOf: (row: SynthesisRow) => Item,
  makeIndex: () => NeighbourIndex<Item>,
  batchRows: number,
  rules: readonly FilterRule[] = NO_REPEATS,
): readonly SynthesisRow[] {
  const pool = makeIndex();
  const texts = new Map<string, string>();
  const done: SynthesisRow[] = [];
  for (let start = 0; start < rows.length; start += batchRows) {
    const batch = rows.slice(start, start + batchRows).map((row) => {
      const item = itemOf(row);
      const [earlier] = pool.nearest([item]);
      return { row, item, earlier: earlier ?? null };
    });
    const compared = compareRows(batch, { knownTexts: texts, index: makeIndex(), rules });
    for (const row of compared.filter(({ dropped }) => dropped === undefined)) {
      pool.add(row.rowId, itemOf(row));
      texts.set(exactKey(queryOf(row)), row.rowId);
    }
    done.push(...compared);
  }
  return done;
}

/** Rows at angles, with texts that are all different. */
function compareAngles(degrees: readonly number[], batchRows = 100, rules = NO_REPEATS) {
  const vectors = new Map(degrees.map((angle, index) => [`row-${index.toString().padStart(3, '0')}`, at(angle)]));
  return compareInBatches(
    degrees.map((_, index) => makeRow(index, `text number ${index}`)),
    ({ rowId }) => vectors.get(rowId) ?? at(0),
    () => createVectorIndex(2, BELOW),
    batchRows,
    rules,
  );
}

const kept = (rows: readonly SynthesisRow[]) =>
  rows.filter(({ dropped }) => dropped === undefined).map(({ rowId }) => Number(rowId.slice(4)));

describe('the nearest earlier query, by meaning', () => {
  it('has none for the first, and a cosine distance for the next', () => {
    const rows = compareAngles([0, 60, 90]);
    expect(rows.map(({ neighbour }) => neighbour)).toEqual([
      { minDistance: null, rowId: null, repeatCount: 0 },
      { minDistance: 0.5, rowId: 'row-000', repeatCount: 0 },
      // 1 - cos 30°
      { minDistance: 0.133975, rowId: 'row-001', repeatCount: 0 },
    ]);
  });

  it('sets the distance of an exact copy to 0, and names the earliest of several that are as near', () => {
    const index = createVectorIndex(2, BELOW);
    for (const [rowId, angle] of [
      ['a', 90],
      ['b', 0],
      ['c', 0],
      ['d', 0],
    ] as const)
      index.add(rowId, at(angle));
    expect(index.nearest([at(0)])).toEqual([{ minDistance: 0, rowId: 'b', repeatCount: 3 }]);
  });

  it('counts more copies than any fixed number of neighbours, and still names the earliest', () => {
    const index = createVectorIndex(2, BELOW);
    for (let copy = 0; copy < 700; copy += 1) index.add(`copy-${copy}`, at((copy % 5) / 10));
    index.add('far', at(180));
    expect(index.nearest([at(0)])).toEqual([{ minDistance: 0, rowId: 'copy-0', repeatCount: 700 }]);
    expect(index.nearest([at(90)])[0]).toMatchObject({ repeatCount: 0 });
  });

  it('keeps a copy of a copy that is far from the original', () => {
    // 0° and 10° are near, 10° and 20° too, 0° and 20° are not: the published rule drops both copies.
    expect(kept(compareAngles([0, 10, 20]))).toEqual([0, 2]);
    // Without a rule that drops it, 10° stands, and 20° has it as its neighbour.
    expect(compareAngles([0, 10, 20], 100, [])[2]?.neighbour).toMatchObject({ rowId: 'row-001', repeatCount: 1 });
  });

  it('depends on the order of the rows, and not on how they are cut into batches', () => {
    const angles = [0, 10, 20, 45, 50, 90, 95, 100, 180, 0.1, 46, 300];
    const whole = compareAngles(angles, 100);
    for (const batchRows of [1, 2, 3, 5]) expect(compareAngles(angles, batchRows)).toEqual(whole);
    expect(kept(whole)).not.toEqual(
      kept(compareAngles(angles.toReversed()))
        .map((index) => 11 - index)
        .toSorted((a, b) => a - b),
    );
  });

  it('tells "above 0", which takes out copies alone, from the rule on repeats', () => {
    const above = [{ kind: 'neighbour-distance', above: 0 }] as const;
    expect(kept(compareAngles([0, 5, 0], 100, above))).toEqual([0, 1]);
    expect(kept(compareAngles([0, 5, 0], 100, NO_REPEATS))).toEqual([0]);
  });

  it('refuses a vector of another length', () => {
    const index = createVectorIndex(2, BELOW);
    expect(() => index.add('a', Float32Array.from([1, 0, 0]))).toThrow('a vector of 3 dimensions among vectors of 2');
  });
});

describe('equal texts', () => {
  it('are dropped by their text, whatever the model says of their distance', () => {
    const rows = [makeRow(0, 'What is love?'), makeRow(1, ' what is LOVE '), makeRow(2, '???'), makeRow(3, '??')];
    const angles = [0, 90, 180, 270];
    const compared = compareInBatches(
      rows,
      ({ rowId }) => at(angles[Number(rowId.slice(4))] ?? 0),
      () => createVectorIndex(2, BELOW),
      2,
    );
    expect(kept(compared)).toEqual([0, 2, 3]);
    expect(compared[1]).toMatchObject({
      neighbour: { minDistance: 0, rowId: 'row-000', repeatCount: 1 },
      dropped: { by: 'duplicates', reason: 'equal text' },
    });
  });

  it('are dropped without any index, and rows that were dropped before do not count', () => {
    const gone = makeRow(0, 'Hello there', { dropped: { by: 'screened', reason: 'length' } });
    const rows = [gone, makeRow(1, 'Hello there'), makeRow(2, 'Hello there!')];
    const compared = compareRows(
      rows.map((row) => ({ row, item: null, earlier: null })),
      { knownTexts: new Map(), index: null, rules: [] },
    );
    expect(compared[0]).toBe(gone);
    expect(kept(compared)).toEqual([1]);
  });

  it.each([
    ['How do I learn C++?', 'How do I learn C?'],
    ['How do I learn C#?', 'How do I learn C?'],
    ['What is 5 + 3?', 'What is 5 - 3?'],
    ['Solve x < 3.', 'Solve x > 3.'],
    ['What is 10²?', 'What is 102?'],
    ["Let's eat, grandma", "Let's eat grandma"],
  ])('are not %j and %j, which ask for different things', (one, other) => {
    expect(exactKey(one)).not.toBe(exactKey(other));
  });

  it('are the same in spite of case, blanks and the marks at the end', () => {
    const asked = ['How do I learn C++?', ' how do I  learn c++', 'How do I learn C++ ?!', 'How do I learn C++.'];
    expect(new Set(asked.map(exactKey)).size).toBe(1);
  });

  it('of earlier batches count too', () => {
    const compared = compareRows([{ row: makeRow(5, 'Hello'), item: null, earlier: null }], {
      knownTexts: new Map([['hello', 'row-001']]),
      index: null,
      rules: [],
    });
    expect(compared[0]?.dropped).toEqual({ by: 'duplicates', reason: 'equal text' });
  });

  it('leave a row that could not be embedded without a neighbour, which no rule on repeats lets through', () => {
    const compared = compareRows([{ row: makeRow(0, 'Hello'), item: null, earlier: null }], {
      knownTexts: new Map(),
      index: createVectorIndex(2, BELOW),
      rules: NO_REPEATS,
    });
    expect(compared[0]).toEqual({ ...makeRow(0, 'Hello'), dropped: { by: 'no-repeats', reason: 'not compared' } });
  });
});

describe('the nearest earlier query, by words', () => {
  it('is 1 - Jaccard of the shingles, exactly', () => {
    const index = createWordIndex(2, 0.4);
    index.add('a', 'how do I bake bread');
    index.add('b', 'tell me a story');
    // Four shingles and five, of which four are shared: 1 - 4/5.
    expect(index.nearest(['How do I bake bread, please?'])).toEqual([{ minDistance: 0.2, rowId: 'a', repeatCount: 1 }]);
    expect(index.nearest(['how do I bake bread'])).toEqual([{ minDistance: 0, rowId: 'a', repeatCount: 1 }]);
    // Nothing in common with anything: at 1, and the earliest stands for all.
    expect(index.nearest(['quantum physics explained'])).toEqual([{ minDistance: 1, rowId: 'a', repeatCount: 0 }]);
    expect(createWordIndex(2, 0.4).nearest(['x'])).toEqual([{ minDistance: null, rowId: null, repeatCount: 0 }]);
  });

  it('is not at 0 where a sign alone tells two queries apart', () => {
    const index = createWordIndex(3, 0.4);
    index.add('a', 'What is 5 + 3?');
    // Of three shingles each, "what is 5" is shared.
    expect(index.nearest(['What is 5 - 3?'])).toEqual([{ minDistance: 0.8, rowId: 'a', repeatCount: 0 }]);
    index.add('b', 'How do I learn C++?');
    expect(index.nearest(['How do I learn C?'])).toEqual([{ minDistance: 0.4, rowId: 'b', repeatCount: 0 }]);
    index.add('c', 'Name a **well-known** poet.');
    expect(index.nearest(['name a well-known poet'])).toEqual([{ minDistance: 0, rowId: 'c', repeatCount: 1 }]);
  });

  it('drops a query in other words only when they are few, across batches too', () => {
    const queries = [
      'How do I bake bread at home without an oven',
      'Write a poem about the sea',
      'How do I bake bread at home without an oven today',
      'How do birds find their way',
    ];
    const rows = queries.map((query, index) => makeRow(index, query));
    for (const batchRows of [1, 4]) {
      expect(kept(compareInBatches(rows, queryOf, () => createWordIndex(3, 0.4), batchRows))).toEqual([0, 1, 3]);
    }
  });
});

describe('the nearer of two', () => {
  it('is the earlier one at equal distance, with the repeats of both', () => {
    const one = { minDistance: 0.1, rowId: 'a', repeatCount: 1 };
    expect(nearerOf(one, { ...one, rowId: 'b', repeatCount: 2 })).toEqual({ ...one, repeatCount: 3 });
    expect(nearerOf({ minDistance: null, rowId: null, repeatCount: 0 }, one)).toEqual(one);
  });
});
