import { satisfies, type IfevalKwargs } from './ifeval-kind.ts';
import { isInLanguage } from './language.ts';
import { isLowerCase, isUpperCase } from './python-text.ts';
import { tokenizeWords } from './word-tokenizer.ts';

/** Whether there are enough or few enough words in capitals, as NLTK splits words; "A", "I" and "U.S." are such words. */
export function hasCapitalWords(
  response: string,
  { capital_frequency, capital_relation }: IfevalKwargs['change_case:capital_word_frequency'],
): boolean {
  return satisfies(tokenizeWords(response).filter(isUpperCase).length, capital_relation, capital_frequency);
}

/** Whether the response is in capitals and detected as English. */
export function isEnglishCapital(response: string): boolean {
  return isUpperCase(response) && isInLanguage(response, 'en');
}

/** Whether the response has no capitals and is detected as English. */
export function isEnglishLowercase(response: string): boolean {
  return isLowerCase(response) && isInLanguage(response, 'en');
}
