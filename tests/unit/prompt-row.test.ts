import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';

import { barePromptRow, promptRow } from '../../configs/schema/prompt-row.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { Verifier } from '../../domain/verifiers/verifier.ts';

function row(item: object): object {
  return { promptId: 'p-1', messages: [{ role: 'user', content: 'Hi' }], checklist: [{ question: 'ok?', ...item }] };
}

describe('promptRow', () => {
  it('has the type of the domain', () => {
    expectTypeOf<z.infer<typeof promptRow>>().toExtend<PromptRow>();
    expectTypeOf<NonNullable<z.infer<typeof promptRow>['checklist'][number]['verifier']>['kind']>().toEqualTypeOf<
      Verifier['kind']
    >();
  });

  it.each([
    {},
    { weight: 25, kind: 'implicit' },
    { verifier: { kind: 'length_words', args: { max: 3 } } },
    { verifier: { kind: 'length_words', args: { min: 3, max: 3 } } },
    { verifier: { kind: 'length_sentences', args: { min: 1 } } },
    { verifier: { kind: 'all_lowercase', args: {} } },
    { verifier: { kind: 'all_uppercase', args: {} } },
    { verifier: { kind: 'required_words', args: { words: ['a'] } } },
    { verifier: { kind: 'forbidden_words', args: { words: ['a', 'b'] } } },
    { verifier: { kind: 'no_comma', args: {} } },
    { verifier: { kind: 'bullet_list', args: { count: 3 } } },
    { verifier: { kind: 'end_phrase', args: { phrase: 'bye' } } },
  ])('takes an item with %j', (item) => {
    expect(promptRow.parse(row(item))).toEqual(row(item));
  });

  it.each([
    { verifier: { kind: 'length_words', args: {} } },
    { verifier: { kind: 'length_words', args: { min: 4, max: 3 } } },
    { verifier: { kind: 'length_words', args: { max: 2.5 } } },
    { verifier: { kind: 'length_words', args: { max: 3, most: 3 } } },
    { verifier: { kind: 'no_comma', args: { count: 1 } } },
    { verifier: { kind: 'no_comma' } },
    { verifier: { kind: 'required_words', args: { words: [] } } },
    { verifier: { kind: 'forbidden_words', args: { words: [' '] } } },
    { verifier: { kind: 'bullet_list', args: { count: 0 } } },
    { verifier: { kind: 'end_phrase', args: { phrase: '' } } },
    { verifier: { kind: 'palindrome', args: {} } },
    { weight: 2.5 },
    { weight: -1 },
    { weight: 101 },
    { weight: 0 },
    { kind: 'other' },
    { importance: 2 },
    { question: '' },
  ])('refuses an item with %j', (item) => {
    expect(promptRow.safeParse(row(item)).success).toBe(false);
  });

  it.each([
    { promptId: '' },
    { promptId: 'a\nb' },
    { promptId: 'x'.repeat(201) },
    { messages: [] },
    { messages: [{ role: 'assistant', content: 'Hi' }] },
    { checklist: [] },
    { extra: 1 },
  ])('refuses a row with %j', (fields) => {
    expect(promptRow.safeParse({ ...row({}), ...fields }).success).toBe(false);
  });

  it('takes a row without a checklist only where one is to be written', () => {
    const bare = { promptId: 'p-1', messages: [{ role: 'user', content: 'Hi' }] };
    expect(promptRow.safeParse(bare).success).toBe(false);
    expect(barePromptRow.parse(bare)).toEqual({ ...bare, checklist: [] });
    expect(barePromptRow.parse({ ...bare, checklist: [] })).toEqual({ ...bare, checklist: [] });
  });
});
