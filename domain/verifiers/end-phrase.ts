import type { VerifierFinding } from './verifier.ts';

const MEASURED_CHARACTERS = 40;

/**
 * Whether a text ends with the phrase, in any case, quotes and space around the text aside.
 *
 * @source IFEval `EndChecker`: `value.strip().strip("\"").lower().endswith(end_phrase)`
 */
export function verifyEndPhrase(text: string, { phrase }: { readonly phrase: string }): VerifierFinding {
  const ending = text.replaceAll(/^[\s"'“”‘’]+|[\s"'“”‘’]+$/g, '');
  const pass = ending.toLowerCase().endsWith(phrase.trim().toLowerCase());
  return { pass, reason: `ends with "${ending.slice(-MEASURED_CHARACTERS)}", "${phrase}" required` };
}
