// Locks which items a round leaves out: the same ones after any restart, and never the last one by chance.
import { describe, expect, it } from 'vitest';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import { dropItems, recordItems, retireItems } from '../../domain/rounds/thin-checklist.ts';

const prompt = (items: number): PromptRow => ({
  promptId: 'p',
  messages: [{ role: 'user', content: 'q' }],
  checklist: Array.from({ length: items }, (_, index) => ({ question: `item ${index}?` })),
});

/** One word an answer, one letter an item: y, n, or ? for no verdict. */
const judged = (row: PromptRow, ...answers: readonly string[]): readonly [PromptRow, JudgedGroup] => [
  row,
  {
    promptId: row.promptId,
    rollouts_G: answers.map((letters, sampleIndex) => ({
      promptId: row.promptId,
      sampleIndex,
      seed: 0,
      policy: 'base:m',
      outcome: { ok: true, text: 'a', finishReason: 'stop', rawFinishReason: 'stop' },
      passRate: null,
      verdicts_I: letters
        .split('')
        .map((letter) =>
          letter === '?'
            ? ({ answer: 'unparsed', by: 'judge', cause: 'empty', reason: '' } as const)
            : ({ answer: letter === 'y' ? 'yes' : 'no', by: 'judge', reason: '' } as const),
        ),
    })),
  },
];

const questions = ({ checklist }: PromptRow) => checklist.map(({ question }) => question);

describe('item dropout', () => {
  const drop = (items: number, itemDropout: number, round = 1) =>
    dropItems(prompt(items), { itemDropout, retireAfterRounds: null }, { seed: 1, round });

  it('leaves out a share, rounded down, so that one item is always left', () => {
    expect([1, 2, 3, 5].map((items) => drop(items, 0.5).dropped)).toEqual([0, 1, 1, 2]);
    expect(questions(drop(2, 0.99).row)).toHaveLength(1);
  });

  it('draws the same items for a prompt and a round, in their order, and others in another round', () => {
    const rounds = [1, 2, 3, 4].map((round) => questions(drop(8, 0.5, round).row));
    expect(questions(drop(8, 0.5).row)).toEqual(rounds[0]);
    expect(rounds[0]).toEqual(rounds[0]?.toSorted());
    expect(new Set(rounds.map((kept) => kept.join())).size).toBeGreaterThan(1);
  });
});

describe('retirement', () => {
  const row = prompt(4);
  const retire = (rounds: readonly Parameters<typeof recordItems>[1][], retireAfterRounds: number | null = 2) =>
    retireItems(row, rounds.reduce(recordItems, new Map()), { itemDropout: null, retireAfterRounds });

  it('takes items that all answers met, or none, in each of the last rounds', () => {
    // Item 0 is always met, 1 never, 2 differs in the second round, 3 went from never to always.
    const found = retire([[judged(row, 'ynyn', 'ynyn')], [judged(row, 'ynny', 'ynyy')]]);
    expect(questions(found.row)).toEqual(['item 2?', 'item 3?']);
    expect(found).toMatchObject({ retired: 2, retiredMet: 1 });
  });

  it('asks for as many rounds with two verdicts each, those before them do not count', () => {
    expect(retire([[judged(row, 'yyyy', 'yyyy')]]).retired).toBe(0);
    expect(retire([[judged(row, 'yyyy', 'yyyy')], [judged(row, 'y?yy', 'yyy?')]]).retired).toBe(2);
    expect(
      retire([[judged(row, 'nnnn', 'yyyy')], [judged(row, 'yyyy', 'yyyy')], [judged(row, 'yyyy', 'yyyy')]]),
    ).toMatchObject({ retired: 4 });
  });

  it('skips a round that did not ask the item, and is for ever', () => {
    const without = { ...row, checklist: row.checklist.slice(1) };
    const found = retire([
      [judged(row, 'ynyn', 'ynnn')],
      [judged(row, 'yyyy', 'ynny')],
      [judged(without, 'yyy', 'nnn')],
    ]);
    expect(questions(found.row)).toEqual(['item 1?', 'item 2?', 'item 3?']);
  });

  it('is off without a number of rounds', () => {
    expect(retire([[judged(row, 'yyyy', 'yyyy')], [judged(row, 'yyyy', 'yyyy')]], null).row).toBe(row);
  });
});
