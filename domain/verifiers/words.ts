/** A word as Python's `\w+` sees it: letters, digits and underscores of any script. */
const WORD = /[\p{L}\p{N}_]+/gu;

/**
 * Number of words in a text: "don't" counts as two.
 *
 * @source IFEval `instructions_util.count_words`: `nltk.tokenize.RegexpTokenizer(r"\w+")`
 */
export function countWords(text: string): number {
  return text.match(WORD)?.length ?? 0;
}

/** Whether a word (or a run of words) stands in a text as a whole, ignoring case. */
export function containsWord(text: string, word: string): boolean {
  // \b knows ASCII only, so the boundaries are spelled out. Marks are included: a letter with an accent of its own goes on.
  const inside = String.raw`[\p{L}\p{N}\p{M}_]`;
  const body = word.trim().replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return new RegExp(`(?<!${inside})${body}(?!${inside})`, 'iu').test(text);
}
