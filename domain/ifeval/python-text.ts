/** Body of a character class: what Python's `str.isspace` and `\s` call space. JavaScript's `\s` differs in six characters. */
export const PYTHON_SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

const OUTER_SPACE = new RegExp(`^[${PYTHON_SPACE}]+|[${PYTHON_SPACE}]+$`, 'gu');
const TRAILING_SPACE = new RegExp(`[${PYTHON_SPACE}]+$`, 'u');
const SPACES = new RegExp(`[${PYTHON_SPACE}]+`, 'u');

/** Python's `str.strip()`. */
export function stripSpace(text: string): string {
  return text.replace(OUTER_SPACE, '');
}

/** Python's `str.rstrip()`. */
export function stripTrailingSpace(text: string): string {
  return text.replace(TRAILING_SPACE, '');
}

/** Python's `str.split()`. */
export function splitOnSpace(text: string): string[] {
  return text.split(SPACES).filter((part) => part !== '');
}

/** Python's `str.isupper()`: letters that have a case are there and all are capitals. */
export function isUpperCase(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

/** Python's `str.islower()`: letters that have a case are there and none is a capital. */
export function isLowerCase(text: string): boolean {
  return /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
}

/**
 * Source of a regular expression (flags `iu`) that finds a text literally, in any case as Python's `re.IGNORECASE` sees it:
 * `i` also stands for dotless and dotted capital i.
 */
export function literalPattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`).replaceAll(/[iI]/g, '[iıİ]');
}
