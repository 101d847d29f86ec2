import { describe, expect, it } from 'vitest';

import { verify } from '../../domain/verifiers/verify.ts';
import type { DeclarativeVerifier } from '../../domain/verifiers/verifier.ts';

const ALL_KINDS: readonly DeclarativeVerifier[] = [
  { kind: 'length_words', args: { max: 20 } },
  { kind: 'length_sentences', args: { max: 2 } },
  { kind: 'all_lowercase', args: {} },
  { kind: 'all_uppercase', args: {} },
  { kind: 'required_words', args: { words: ['a'] } },
  { kind: 'forbidden_words', args: { words: ['a'] } },
  { kind: 'no_comma', args: {} },
  { kind: 'bullet_list', args: { count: 1 } },
  { kind: 'end_phrase', args: { phrase: 'a' } },
];

describe('verify', () => {
  it.each(ALL_KINDS)('fails an empty text for $kind', (verifier) => {
    expect(verify(verifier, ' \n')).toEqual({ pass: false, reason: 'empty text' });
  });

  it.each([
    ['length_words', { max: 2 }, 'one two three', false, '3 words, at most 2 allowed'],
    ['length_words', { max: 3 }, 'one two three', true, '3 words, at most 3 allowed'],
    ['length_words', { min: 2 }, 'one', false, '1 word, at least 2 required'],
    ['length_words', { min: 3, max: 3 }, "don't go", true, '3 words, exactly 3 required'],
    ['length_words', { min: 1, max: 2 }, 'Größe naïve 東京', false, '3 words, 1 to 2 required'],
    ['length_sentences', { min: 2, max: 2 }, 'Hi there. Bye!', true, '2 sentences, exactly 2 required'],
    ['length_sentences', { max: 1 }, 'Hi. Bye', false, '2 sentences, at most 1 allowed'],
    ['all_lowercase', {}, 'rain is 1 thing.', true, 'no upper-case letters'],
    ['all_lowercase', {}, 'Rain Éclair', false, '2 upper-case letters, none allowed'],
    ['all_lowercase', {}, '123', false, 'no letters'],
    ['all_uppercase', {}, 'RAIN ÄÖ 7', true, 'no lower-case letters'],
    ['all_uppercase', {}, 'RAIn', false, '1 lower-case letter, none allowed'],
    ['required_words', { words: ['home', 'sun'] }, 'Home, sunny.', false, 'lacks "sun"'],
    ['required_words', { words: ['home', 'c++'] }, 'HOME of C++!', true, 'has "home", "c++"'],
    ['forbidden_words', { words: ['and'] }, 'sandy hand', true, 'avoids "and"'],
    ['forbidden_words', { words: ['and', 'or'] }, 'this AND that', false, 'has "and", not allowed'],
    ['forbidden_words', { words: ['été'] }, 'un étés, l’été.', false, 'has "été", not allowed'],
    ['forbidden_words', { words: ['a.c'] }, 'abc', true, 'avoids "a.c"'],
    ['no_comma', {}, 'a b', true, 'no commas'],
    ['no_comma', {}, 'a, b, c', false, '2 commas, none allowed'],
    ['bullet_list', { count: 2 }, 'List:\n* one\n  - two\n**bold**', true, '2 bullet points, exactly 2 required'],
    ['bullet_list', { count: 2 }, '* one\n* two\n* three', false, '3 bullet points, exactly 2 required'],
    ['bullet_list', { count: 2 }, '1 * 2\n* one', false, '1 bullet point, exactly 2 required'],
    ['end_phrase', { phrase: 'The end' }, '"Once. THE END"\n', true, 'ends with "Once. THE END", "The end" required'],
    ['end_phrase', { phrase: 'the end' }, 'the end.', false, 'ends with "the end.", "the end" required'],
  ] as const)('%s %j on %j: %s', (kind, args, text, pass, reason) => {
    expect(verify({ kind, args } as DeclarativeVerifier, text)).toEqual({ pass, reason });
  });
});
