import { countSentences } from './sentences.ts';
import type { LengthArgs, VerifierFinding } from './verifier.ts';
import { countWords } from './words.ts';

/** Whether the number of words is within bounds. */
export function verifyLengthWords(text: string, bounds: LengthArgs): VerifierFinding {
  return verifyLength(countWords(text), 'word', bounds);
}

/** Whether the number of sentences is within bounds. */
export function verifyLengthSentences(text: string, bounds: LengthArgs): VerifierFinding {
  return verifyLength(countSentences(text), 'sentence', bounds);
}

function verifyLength(measured: number, unit: string, { min, max }: LengthArgs): VerifierFinding {
  const pass = (min === undefined || measured >= min) && (max === undefined || measured <= max);
  return { pass, reason: `${measured} ${unit}${measured === 1 ? '' : 's'}, ${describeBounds(min, max)}` };
}

function describeBounds(min: number | undefined, max: number | undefined): string {
  if (min === undefined) return max === undefined ? 'any number allowed' : `at most ${max} allowed`;
  if (max === undefined) return `at least ${min} required`;
  return min === max ? `exactly ${min} required` : `${min} to ${max} required`;
}
