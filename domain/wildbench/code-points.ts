/** Length of a text in code points, as Python's `len` counts: a character above U+FFFF is one, not two. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.codePointAt(index) ?? 0;
    if (unit > 0xffff) index += 1;
    count += 1;
  }
  return count;
}

/** What Python's `str.strip` drops: it differs from JavaScript's `trim` in U+001C to U+001F, U+0085 and U+FEFF. */
const BLANK = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const BLANK_START = new RegExp(`^${BLANK}+`);
const BLANK_CHARACTER = new RegExp(BLANK);

/** Drops blanks at both ends as Python's `str.strip` does. */
export function stripBlanks(text: string): string {
  // The end is walked by hand: an anchored pattern would be quadratic in long runs of blanks.
  let end = text.length;
  while (end > 0 && BLANK_CHARACTER.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end).replace(BLANK_START, '');
}
