import { eld } from 'eld/small';
import { ConfigError } from '../domain/errors.ts';
import { proseOf } from '../domain/bolt/text-language.ts';

/** Tells the language of a text (ISO 639-1); `null` where it is not sure, or where there is too little prose to tell. */
export type LanguageDetector = (text: string) => string | null;

/** From fewer letters the detector guesses, and calls the guess reliable. */
const FEWEST_LETTERS = 8;
/** Scripts of which a letter is a syllable or a word tell a language by fewer. */
const DENSE_SCRIPT = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;
const FEWEST_DENSE_LETTERS = 3;

/**
 * Makes a detector for user queries, which are short: code, inline code and addresses are left out.
 *
 * @param among ISO 639-1 codes that it chooses from; none for all that it knows
 * @throws ConfigError `config/unusable` for a code that it does not know
 */
export function createLanguageDetector(among: readonly string[] = []): LanguageDetector {
  const detector = eld.newInstance();
  if (among.length > 0) {
    const known = new Set(Object.values(detector.setLanguageSubset([...among])));
    const unknown = among.find((code) => !known.has(code));
    if (unknown !== undefined) {
      const all = Object.values(detector.info().Languages).toSorted();
      throw new ConfigError(
        'config/unusable',
        `The language detector does not know "${unknown}" of quality.tags.language.among; use ISO 639-1 codes among ${all.join(', ')}.`,
      );
    }
  }
  return (text) => {
    const prose = proseOf(text);
    const letters = prose.match(/\p{L}/gu)?.length ?? 0;
    if (letters < (DENSE_SCRIPT.test(prose) ? FEWEST_DENSE_LETTERS : FEWEST_LETTERS)) return null;
    const found = detector.detect(prose);
    return found.language !== '' && found.isReliable() ? found.language : null;
  };
}
