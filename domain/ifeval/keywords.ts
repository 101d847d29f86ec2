import { satisfies, type IfevalKwargs } from './ifeval-kind.ts';
import { literalPattern, stripSpace } from './python-text.ts';

/** Characters of a word as Python's `\b` sees them. */
const WORD = String.raw`[\p{L}\p{N}_]`;

/**
 * Whether every keyword occurs, in any case, within longer words too. The public code takes a keyword as a regular
 * expression; here it is literal text, which is the same for all keywords of the public data.
 */
export function hasKeywords(response: string, { keywords }: IfevalKwargs['keywords:existence']): boolean {
  return keywords.every((keyword) => new RegExp(literalPattern(keyword), 'iu').test(response));
}

/** Whether a keyword occurs often or rarely enough, in any case, within longer words too. */
export function hasKeywordFrequency(
  response: string,
  { keyword, frequency, relation }: IfevalKwargs['keywords:frequency'],
): boolean {
  const found = response.match(new RegExp(literalPattern(stripSpace(keyword)), 'giu'))?.length ?? 0;
  return satisfies(found, relation, frequency);
}

/** Whether none of the words occurs as a whole word, in any case. */
export function avoidsWords(response: string, kwargs: IfevalKwargs['keywords:forbidden_words']): boolean {
  return kwargs.forbidden_words.every(
    (word) => !new RegExp(`${boundaryBefore(word)}${literalPattern(word)}${boundaryAfter(word)}`, 'iu').test(response),
  );
}

/** Python's `\b` before a text: with a word character first none may precede it, else one must. */
function boundaryBefore(word: string): string {
  return new RegExp(`^${WORD}`, 'u').test(word) ? `(?<!${WORD})` : `(?<=${WORD})`;
}

function boundaryAfter(word: string): string {
  return new RegExp(`${WORD}$`, 'u').test(word) ? `(?!${WORD})` : `(?=${WORD})`;
}

/**
 * Whether a character occurs often or rarely enough, in any case. The public code puts a random letter in the place of a
 * character outside a to z (two rows of the public data: `#` and `!`); here the character given is counted.
 */
export function hasLetterFrequency(
  response: string,
  { letter, let_frequency, let_relation }: IfevalKwargs['keywords:letter_frequency'],
): boolean {
  const found = response.toLowerCase().split(letter.toLowerCase()).length - 1;
  return satisfies(found, let_relation, let_frequency);
}
