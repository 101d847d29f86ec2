/** Marks that open and close a quoted text. */
const PAIRS: readonly (readonly [open: string, close: string])[] = [
  ['"', '"'],
  ['“', '”'],
  ['«', '»'],
  ['‘', '’'],
  ["'", "'"],
];

/**
 * Takes one pair of quotes off a text that is quoted as a whole, straight or curly. A text that only begins and ends with
 * quotes of its own ("yes" or "no") keeps them, and so do apostrophes within words.
 */
export function stripQuotes(text: string): string {
  const trimmed = text.trim();
  const pair = PAIRS.find(([open, close]) => trimmed.length > 2 && trimmed.startsWith(open) && trimmed.endsWith(close));
  if (pair === undefined) return trimmed;
  const inner = trimmed.slice(1, -1);
  const withoutApostrophes = inner.replace(/(?<=[\p{L}\p{N}])['’](?=[\p{L}\p{N}])/gu, '');
  return pair.some((mark) => withoutApostrophes.includes(mark)) ? trimmed : inner.trim();
}
