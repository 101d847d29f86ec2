/** Ends a text that was cut for the judge. */
export const TRUNCATION_SUFFIX = '... (truncated)';

/** A text as the judge sees it, and whether it was cut: kept apart from the text, which may itself end so. */
export interface CutText {
  readonly text: string;
  readonly truncated: boolean;
}

/**
 * Cuts a text to a number of words, split on single blanks; a negative number keeps all.
 *
 * @source WildBench repository, src/eval.py: `shorten`; 1000 words in pairs, none in scores since v2.0625
 */
export function cutWords(text: string, maxWords: number): CutText {
  if (maxWords < 0) return { text, truncated: false };
  const words = text.split(' ');
  if (words.length <= maxWords) return { text, truncated: false };
  return { text: `${words.slice(0, maxWords).join(' ')}${TRUNCATION_SUFFIX}`, truncated: true };
}
