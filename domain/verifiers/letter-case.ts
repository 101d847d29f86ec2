import type { VerifierFinding } from './verifier.ts';

/** Whether a text has letters and all of them that have a case are lower-case. */
export function verifyAllLowercase(text: string): VerifierFinding {
  return verifyCase(text, text.toLowerCase(), /[^\p{Ll}\P{L}]/gu, 'upper-case');
}

/** Whether a text has letters and all of them that have a case are upper-case. */
export function verifyAllUppercase(text: string): VerifierFinding {
  return verifyCase(text, text.toUpperCase(), /[^\p{Lu}\P{L}]/gu, 'lower-case');
}

function verifyCase(text: string, wanted: string, otherCase: RegExp, otherName: string): VerifierFinding {
  if (!/\p{L}/u.test(text)) return { pass: false, reason: 'no letters' };
  if (text === wanted) return { pass: true, reason: `no ${otherName} letters` };
  const count = text.match(otherCase)?.length ?? 0;
  return { pass: false, reason: `${count} ${otherName} letter${count === 1 ? '' : 's'}, none allowed` };
}
