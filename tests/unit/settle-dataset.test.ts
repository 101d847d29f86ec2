// Locks that a dataset has exactly the rows that were asked for, and that every other row is counted with its reason.
import { describe, expect, it } from 'vitest';
import { DataError } from '../../domain/errors.ts';
import type { DatasetRules } from '../../domain/synthesis/settle-dataset.ts';
import { makeSynthesisRow, settleRows, summarizeRows } from '../support/make-synthesis-rows.ts';

const RULES: DatasetRules = { numRows: 2, shuffleSeed: null, shortfall: null };
const rows = (count: number) => Array.from({ length: count }, (_, index) => makeSynthesisRow(index));
const idsOf = (settled: ReturnType<typeof settleRows>) => settled.rows.map(({ rowId }) => rowId);

/** The code and the message that settling ends with. */
function refusal(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof DataError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('it was settled');
}

describe('settling a dataset', () => {
  it('takes exactly the asked rows in their order and counts those beyond', () => {
    const settled = settleRows(rows(5), { ...RULES, numRows: 3 });
    expect(idsOf(settled)).toEqual(['row-0', 'row-1', 'row-2']);
    expect(settled).toMatchObject({ drops: [], duplicates: 0, unused: 2, shortfall: null });
  });

  it('counts what was dropped by stage and reason, most first, and keeps none of it', () => {
    const dropped = [
      makeSynthesisRow(7, { dropped: { by: 'screen', reason: 'too-short' } }),
      makeSynthesisRow(8, { dropped: { by: 'quality', reason: 'unread' } }),
      makeSynthesisRow(9, { dropped: { by: 'quality', reason: 'unread' } }),
    ];
    const settled = settleRows([...dropped, ...rows(2)], RULES);
    expect(idsOf(settled)).toEqual(['row-0', 'row-1']);
    expect(settled.drops).toEqual([
      { by: 'quality', reason: 'unread', rows: 2 },
      { by: 'screen', reason: 'too-short', rows: 1 },
    ]);
  });

  it('drops later rows with the same queries or the same id, and counts both', () => {
    const sameQuery = makeSynthesisRow(0, { rowId: 'other' });
    const sameId = makeSynthesisRow(5, { rowId: 'row-1' });
    const settled = settleRows([...rows(2), sameQuery, sameId, makeSynthesisRow(2)], { ...RULES, numRows: 3 });
    expect(idsOf(settled)).toEqual(['row-0', 'row-1', 'row-2']);
    expect(settled.duplicates).toBe(2);
    expect(settled.drops).toEqual([
      { by: 'dataset', reason: 'same-id', rows: 1 },
      { by: 'dataset', reason: 'same-queries', rows: 1 },
    ]);
  });

  it('keeps a row whose only twin was dropped', () => {
    const twin = makeSynthesisRow(0, { rowId: 'twin', dropped: { by: 'screen', reason: 'language' } });
    expect(idsOf(settleRows([twin, ...rows(2)], RULES))).toEqual(['row-0', 'row-1']);
  });

  it('tells two turns from one that holds the text of both', () => {
    const twoTurns = makeSynthesisRow(0, {
      rowId: 'two',
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
        { role: 'user', content: 'c' },
      ],
    });
    const oneTurn = makeSynthesisRow(0, { rowId: 'one', messages: [{ role: 'user', content: 'a","c' }] });
    expect(settleRows([twoTurns, oneTurn], RULES).duplicates).toBe(0);
  });

  it('shuffles before the cut, by the seed and the ids alone', () => {
    const all = rows(40);
    const settle = (from: typeof all, shuffleSeed: number) =>
      idsOf(settleRows(from, { ...RULES, numRows: 40, shuffleSeed }));
    const order = settle(all, 1);
    expect(order).not.toEqual(all.map(({ rowId }) => rowId));
    expect([...order].toSorted()).toEqual(all.map(({ rowId }) => rowId).toSorted());
    expect(settle(all.toReversed(), 1)).toEqual(order);
    expect(settle(all, 2)).not.toEqual(order);
    expect(idsOf(settleRows(all, { ...RULES, numRows: 5, shuffleSeed: 1 }))).toEqual(order.slice(0, 5));
  });

  it('refuses fewer rows with both counts unless there is a reason, which it keeps', () => {
    const sampled = [...rows(2), makeSynthesisRow(9, { dropped: { by: 'screen', reason: 'too-short' } })];
    expect(refusal(() => settleRows(sampled, { ...RULES, numRows: 4 }))).toEqual({
      code: 'data/too-few-rows',
      message:
        '2 of the 4 rows that the dataset is to have are there: 3 were sampled and the others were dropped. Sample further batches, loosen the filters that drop most, or ask for fewer rows.',
    });
    const settled = settleRows(sampled, { ...RULES, numRows: 4, shortfall: 'maxBatches was reached' });
    expect(settled).toMatchObject({ shortfall: 'maxBatches was reached', unused: 0 });
    expect(settled.rows).toHaveLength(2);
  });

  it('counts what was tried and never became a row, and rows that a stage found to repeat others', () => {
    const repeat = makeSynthesisRow(9, { dropped: { by: 'skillmix', reason: 'duplicate' } });
    const failed = [{ by: 'skillmix', reason: 'draft/cut', rows: 7 }];
    const settled = settleRows([...rows(2), repeat], { ...RULES, numRows: 2, failed });
    expect(settled).toMatchObject({ sampled: 10, duplicates: 1, unused: 0 });
    expect(settled.drops).toEqual([...failed, { by: 'skillmix', reason: 'duplicate', rows: 1 }]);
  });

  it('leaves the reason out where nothing is missing', () => {
    expect(settleRows(rows(2), { ...RULES, shortfall: 'maxBatches was reached' }).shortfall).toBeNull();
  });

  it('refuses a dataset of nothing, whatever the reason', () => {
    const refused = refusal(() => settleRows([], { ...RULES, shortfall: 'maxBatches was reached' }));
    expect(refused.code).toBe('data/no-rows');
    expect(refused.message).toContain('others were dropped. maxBatches was reached');
  });
});

describe('the summary of a dataset', () => {
  it('adds up to all rows that were sampled, and names every model with its rows', () => {
    const base = makeSynthesisRow(1);
    const sampled = [
      makeSynthesisRow(0),
      makeSynthesisRow(1, {
        messages: [
          { role: 'user', content: 'abcd' },
          { role: 'assistant', content: 'efg' },
          { role: 'user', content: 'hi' },
        ],
        origin: { ...base.origin, replyModel: 'teacher' },
        rewards: { rewardModel: 'armo', reward: null },
        replyFinish: 'length',
      }),
      makeSynthesisRow(2),
      makeSynthesisRow(0, { rowId: 'twin' }),
      makeSynthesisRow(3, { dropped: { by: 'screen', reason: 'too-short' } }),
    ];
    const settled = settleRows(sampled, RULES);
    const summary = summarizeRows(settled, {
      asked: 2,
      sampled: sampled.length,
      shuffled: false,
      tokens: null,
      filters: { preset: 'pro' },
    });
    expect(summary).toEqual({
      rows: 2,
      asked: 2,
      shortfall: null,
      mixShortfall: null,
      sampled: 5,
      unused: 1,
      duplicates: 1,
      drops: [
        { by: 'dataset', reason: 'same-queries', rows: 1 },
        { by: 'screen', reason: 'too-short', rows: 1 },
      ],
      answered: 1,
      cutReplies: 1,
      shuffled: false,
      methods: { magpie: 2 },
      models: { query: { scripted: 2 }, reply: { scripted: 1, teacher: 1 }, reward: { armo: 1 } },
      turns: { '1': 1, '2': 1 },
      // 'Tell me about alpha0 beta0 gamma0?' has 34 characters, 'They are alpha0 beta0 gamma0.' 29.
      chars: { user: 34 + 4 + 2, assistant: 29 + 3 },
      tokens: null,
      filters: { preset: 'pro' },
    });
    const { rows: kept, unused, drops } = summary;
    expect(kept + unused + drops.reduce((sum, drop) => sum + drop.rows, 0)).toBe(summary.sampled);
  });

  it('keeps a model whose name is that of a built-in property apart from it', () => {
    const origin = { ...makeSynthesisRow(0).origin, queryModel: '__proto__' };
    const settled = settleRows([makeSynthesisRow(0, { origin })], { ...RULES, numRows: 1 });
    const facts = { asked: 1, sampled: 1, shuffled: false, tokens: null, filters: null };
    expect(Object.entries(summarizeRows(settled, facts).models.query)).toEqual([['__proto__', 1]]);
  });
});
