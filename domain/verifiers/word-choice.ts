import type { VerifierFinding, WordsArgs } from './verifier.ts';
import { containsWord } from './words.ts';

/** Whether every word is there, as a whole word, in any case. */
export function verifyRequiredWords(text: string, { words }: WordsArgs): VerifierFinding {
  const missing = words.filter((word) => !containsWord(text, word));
  return missing.length === 0
    ? { pass: true, reason: `has ${quoteAll(words)}` }
    : { pass: false, reason: `lacks ${quoteAll(missing)}` };
}

/** Whether none of the words is there, as a whole word, in any case. */
export function verifyForbiddenWords(text: string, { words }: WordsArgs): VerifierFinding {
  const found = words.filter((word) => containsWord(text, word));
  return found.length === 0
    ? { pass: true, reason: `avoids ${quoteAll(words)}` }
    : { pass: false, reason: `has ${quoteAll(found)}, not allowed` };
}

function quoteAll(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(', ');
}
