import { detectLanguage } from './detect-language.ts';

/** Whether a text is in a language; a text without any feature of a language passes, as in the public code. */
export function isInLanguage(text: string, language: string): boolean {
  const found = detectLanguage(text);
  return found === undefined || found === language;
}
