import { describe, expect, it } from 'vitest';
import { FILTER_PRESETS } from '../../domain/synthesis/filter-presets.ts';
import { describeMixShortfall, rowsToKeep, takeRows, type RowSelection } from '../../domain/synthesis/row-selection.ts';
import type { Difficulty, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { makeAnswered } from '../support/make-quality-rows.ts';
import { outlinesOf } from '../support/make-synthesis-rows.ts';

const rowOf = (index: number, reply: string, difficulty: Difficulty | null = null) =>
  makeAnswered(index, `q${index}`, reply, { tags: { difficulty } });
const takeOf = (rows: readonly SynthesisRow[], numRows: number, selection: RowSelection) =>
  takeRows(outlinesOf(rows), numRows, selection);
const ids = (rows: readonly { readonly rowId: string }[]) => rows.map(({ rowId }) => Number(rowId.slice(4)));
const longest = { take: 'longest', oversample: 1 } as const;

describe('taking the rows of a dataset', () => {
  it('takes the longest replies in characters and keeps the order of the rows', () => {
    // Three emoji are three characters, and six UTF-16 units.
    const rows = [rowOf(0, '😀😀😀'), rowOf(1, 'abcd'), rowOf(2, 'ab'), rowOf(3, 'abcdef')];
    const { taken, left } = takeOf(rows, 3, longest);
    expect(ids(taken)).toEqual([0, 1, 3]);
    expect(left).toEqual({ shorter: 1, surplus: 0, outsideMix: 0 });
  });

  it('settles equal lengths by row id, whatever the order of the rows', () => {
    const rows = [rowOf(2, 'ab'), rowOf(0, 'ab'), rowOf(1, 'ab')];
    expect(ids(takeOf(rows, 2, longest).taken)).toEqual([0, 1]);
    expect(ids(takeOf(rows.toReversed(), 2, longest).taken)).toEqual([1, 0]);
  });

  it('never takes more than it was asked for, nor a row that was dropped', () => {
    const gone = { ...rowOf(1, 'a very long reply'), dropped: { by: 'safe', reason: 'unsafe' } };
    const rows = [rowOf(0, 'a'), gone, rowOf(2, 'bb')];
    expect(ids(takeOf(rows, 5, longest).taken)).toEqual([0, 2]);
    expect(takeOf(rows, 1, { take: 'first', oversample: 1 })).toMatchObject({
      taken: [{ rowId: 'row-000' }],
      left: { shorter: 0, surplus: 1, outsideMix: 0 },
    });
  });

  it('takes half easy and half above easy, the longest of each, and fills a short half from the other', () => {
    const { mix } = FILTER_PRESETS['pro-filter6'].selection;
    const rows = [
      rowOf(0, 'aaaaaaaaaa', 'very easy'),
      rowOf(1, 'a', 'easy'),
      rowOf(2, 'aaa', 'easy'),
      rowOf(3, 'aa', 'easy'),
      rowOf(4, 'aaaa', 'medium'),
      rowOf(5, 'aaaaa', 'very hard'),
      rowOf(6, 'aaaaaa', null),
    ];
    const four = takeOf(rows, 4, { ...longest, mix });
    expect(ids(four.taken)).toEqual([2, 3, 4, 5]);
    expect(four).toMatchObject({ left: { shorter: 1, outsideMix: 2 }, shortOfMix: [0, 0] });
    // Six: three of each, and there are only two above easy.
    const six = takeOf(rows, 6, { ...longest, mix });
    expect(ids(six.taken)).toEqual([1, 2, 3, 4, 5]);
    expect(six.shortOfMix).toEqual([0, 1]);
    expect(describeMixShortfall(four, { ...longest, mix })).toBeNull();
    expect(describeMixShortfall(six, { ...longest, mix })).toContain(
      '1 rows of difficulty medium or hard or very hard are missing among the 5 rows that were taken',
    );
    // Three: 1.5 of each; the first part gets the odd one.
    expect(ids(takeOf(rows, 3, { ...longest, mix }).taken)).toEqual([2, 3, 5]);
  });

  it('keeps more rows than it takes where it chooses', () => {
    expect(rowsToKeep(500, { take: 'longest', oversample: 2.5 })).toBe(1250);
  });
});
