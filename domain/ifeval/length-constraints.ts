import { satisfies, type IfevalKwargs } from './ifeval-kind.ts';
import { countPunktSentences } from './punkt.ts';
import { PYTHON_SPACE, splitOnSpace, stripSpace } from './python-text.ts';

/** A run of what `\w` means to the `regex` package, which NLTK uses from 3.10 on. */
const WORD_RUN = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+/gu;

const DIVIDER = new RegExp(String.raw`[${PYTHON_SPACE}]?\*\*\*[${PYTHON_SPACE}]?`, 'u');

const FIRST_WORD_ENDS = new Set(['.', ',', '?', '!', "'", '"']);

/** Whether there are enough or few enough sentences, as NLTK's English Punkt model splits them. */
export function hasSentences(
  response: string,
  { num_sentences, relation }: IfevalKwargs['length_constraints:number_sentences'],
): boolean {
  return satisfies(countPunktSentences(response), relation, num_sentences);
}

/** Whether there are enough or few enough words: runs of letters, marks, digits and underscores. */
export function hasWords(
  response: string,
  { num_words, relation }: IfevalKwargs['length_constraints:number_words'],
): boolean {
  return satisfies(response.match(WORD_RUN)?.length ?? 0, relation, num_words);
}

/** Whether `***` divides the response into exactly so many paragraphs; only the first and the last part may be blank. */
export function hasParagraphs(
  response: string,
  { num_paragraphs }: IfevalKwargs['length_constraints:number_paragraphs'],
): boolean {
  const parts = response.split(DIVIDER);
  const filled = parts.filter((part) => stripSpace(part) !== '');
  return filled.length === num_paragraphs && parts.slice(1, -1).every((part) => stripSpace(part) !== '');
}

/**
 * Whether blank lines divide the response into exactly so many paragraphs and the n-th begins with the word. As in the
 * public code blank parts are not counted, yet n counts them.
 */
export function hasFirstWord(
  response: string,
  { num_paragraphs, nth_paragraph, first_word }: IfevalKwargs['length_constraints:nth_paragraph_first_word'],
): boolean {
  const parts = response.split('\n\n').map(stripSpace);
  if (parts.filter((part) => part !== '').length !== num_paragraphs) return false;
  const [word] = splitOnSpace(parts[nth_paragraph - 1] ?? '');
  return word !== undefined && leadingWord(word) === first_word.toLowerCase();
}

/** The word without quotes before it, up to its first punctuation mark, in lower case. */
function leadingWord(word: string): string {
  let leading = '';
  for (const character of word.replace(/^'+/, '').replace(/^"+/, '')) {
    if (FIRST_WORD_ENDS.has(character)) break;
    leading += character.toLowerCase();
  }
  return leading;
}
