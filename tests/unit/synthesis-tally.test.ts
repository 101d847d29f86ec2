// Locks how rows are counted on their way from a query to the dataset.
import { describe, expect, it } from 'vitest';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { createLengthSpread } from '../../domain/report/length-spread.ts';
import { createGroupTally, createStageTally } from '../../domain/synthesis/tally-synthesis.ts';
import { makeSynthesisRow } from '../support/make-synthesis-rows.ts';

describe('the funnel of a synthesis', () => {
  const drop = (row: SynthesisRow, by: string, reason: string): SynthesisRow => ({ ...row, dropped: { by, reason } });
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => makeSynthesisRow(index)) as [
    SynthesisRow,
    SynthesisRow,
    SynthesisRow,
    SynthesisRow,
  ];
  const cut = drop(d, 'queries', 'length');
  const copy = drop(c, 'screening', 'duplicate');
  const looping = drop(makeSynthesisRow(9), 'queries', 'loops');
  const batches = [
    { queries: [a, b, c, cut], screened: [a, b, copy, cut], kept: [a, drop(b, 'reply-loops', 'loops'), copy, cut] },
    { queries: [a] },
  ];

  it('counts a drop at the stage that made it, over the rows that came so far', () => {
    const tally = createStageTally();
    for (const batch of batches) tally.add(batch);
    expect(tally.result()).toEqual([
      { stage: 'queries', entered: 5, left: 4, drops: [{ by: 'queries', reason: 'length', rows: 1 }] },
      { stage: 'screened', entered: 3, left: 2, drops: [{ by: 'screening', reason: 'duplicate', rows: 1 }] },
      { stage: 'kept', entered: 2, left: 1, drops: [{ by: 'reply-loops', reason: 'loops', rows: 1 }] },
    ]);
  });

  it('follows the queries of each group', () => {
    const tally = createGroupTally(() => 'all');
    for (const batch of batches.slice(0, 1)) tally.add(batch);
    const [group, ...others] = tally.result();
    expect(others).toEqual([]);
    expect(group).toEqual({
      name: 'all',
      drawn: 4,
      cut: 1,
      looped: 0,
      ended: 3,
      voiced: 3,
      duplicates: 1,
      screened: 2,
      kept: 1,
    });
  });

  it('counts what the server ended as a loop beside what ran on to its length', () => {
    const tally = createGroupTally(() => 'all');
    tally.add({ queries: [a, cut, looping] });
    const [group] = tally.result();
    expect(group).toMatchObject({ drawn: 3, cut: 1, looped: 1, ended: 1 });
  });

  const spreadOf = (lengths: readonly number[]) => {
    const spread = createLengthSpread();
    for (const length of lengths) spread.add(length);
    return spread.result();
  };

  it('has no spread of nothing', () => {
    expect(spreadOf([])).toBeNull();
    expect(spreadOf([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5 });
  });

  it('takes the lower of the two in the middle, and counts equal lengths each', () => {
    expect(spreadOf([7])).toEqual({ min: 7, median: 7, max: 7 });
    expect(spreadOf([4, 1, 3, 2])).toEqual({ min: 1, median: 2, max: 4 });
    expect(spreadOf([9, 2, 9, 2, 9])).toEqual({ min: 2, median: 9, max: 9 });
    const lengths = Array.from({ length: 501 }, (_, index) => (index * index) % 97);
    expect(spreadOf(lengths)?.median).toBe(lengths.toSorted((a, b) => a - b)[250]);
  });
});
