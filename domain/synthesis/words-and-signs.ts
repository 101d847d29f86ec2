import { jaccard, shinglesOfWords } from '../bolt/near-duplicates.ts';
import { wordsOf } from '../bolt/word-grams.ts';
import { duplicateKey } from './screen-query.ts';

/** A sign that changes what is asked: of mathematics or money, a hash, a slash, a star that is no emphasis, a minus that is no hyphen. */
const SIGN = /([\p{Sm}\p{Sc}#%&/]|(?<!\*)\*(?!\*)|(?<!\p{L})-)/u;
/** Words in a shingle, and the share of shingles from which on a turn says an earlier one again. */
const SHINGLE_WORDS = 3;
const SAME_TURN = 0.8;

/** Words in lower case and the signs between them, in order. */
export function wordsAndSigns(text: string): readonly string[] {
  return text.split(SIGN).flatMap((part) => (SIGN.test(part) ? [part] : wordsOf(part)));
}

/** Whether a turn of a user says an earlier one again, but for a comma or a word. */
export function repeatsTurn(text: string, earlier: readonly string[]): boolean {
  const shingles = shinglesOfWords(wordsAndSigns(text), SHINGLE_WORDS);
  return earlier.some(
    (turn) =>
      duplicateKey(turn) === duplicateKey(text) ||
      jaccard(shingles, shinglesOfWords(wordsAndSigns(turn), SHINGLE_WORDS)) >= SAME_TURN,
  );
}
