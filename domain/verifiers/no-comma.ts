import type { VerifierFinding } from './verifier.ts';

/** Whether a text has no comma. */
export function verifyNoComma(text: string): VerifierFinding {
  const commas = text.split(',').length - 1;
  return commas === 0
    ? { pass: true, reason: 'no commas' }
    : { pass: false, reason: `${commas} comma${commas === 1 ? '' : 's'}, none allowed` };
}
