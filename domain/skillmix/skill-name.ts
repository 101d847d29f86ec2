/** Longer than this is a sentence about a skill, not its name. */
const MOST_WORDS = 8;
const MOST_CHARACTERS = 80;

/**
 * A name as it is compared and drawn: words in lower case, of any script, joined by `_`. Empty where no letter or digit
 * is left.
 */
export function normaliseName(label: string): string {
  return label
    .normalize('NFKC')
    .replace(/(?<=\p{L})\+\+/gu, 'pp')
    .replace(/(?<=\p{L})#/gu, 'sharp')
    .replace(/(\p{Ll})(?=\p{Lu})/gu, '$1_')
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
}

/** Whether a normalised text can stand for a skill: some words, not a sentence, and not only digits. */
export function isName(name: string): boolean {
  return /\p{L}/u.test(name) && name.length <= MOST_CHARACTERS && name.split('_').length <= MOST_WORDS;
}

/** A name in words, as it would stand in a sentence. */
export function inWords(name: string): string {
  return name.replaceAll('_', ' ');
}
