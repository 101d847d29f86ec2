/** A run of letters, marks and digits; scripts without blanks between words go character by character. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{M}\p{N}])+/gu;

/** Words in lower case and without punctuation, so that layout and typography make no difference. */
export function wordsOf(text: string): readonly string[] {
  return text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
}

/** Every run of `size` words, in order, with repeats; none where there are fewer words. */
export function wordGrams(words: readonly string[], size: number): readonly string[] {
  return Array.from({ length: Math.max(0, words.length - size + 1) }, (_, start) =>
    words.slice(start, start + size).join(' '),
  );
}

/** Share of grams that came before in the same list, in [0, 1]; 0 for none. */
export function repeatedShare(grams: readonly string[]): number {
  return grams.length === 0 ? 0 : 1 - new Set(grams).size / grams.length;
}

/** Share of the grams that are in a set, in [0, 1]; 0 for none. */
export function sharedShare(grams: readonly string[], others: ReadonlySet<string>): number {
  return grams.length === 0 ? 0 : grams.filter((gram) => others.has(gram)).length / grams.length;
}
