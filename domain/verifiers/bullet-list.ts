import type { VerifierFinding } from './verifier.ts';

/** IFEval's two patterns, tried on one line at a time: `**bold**` is no bullet. */
const BULLET = /^\s*(?:\*[^*]|-)/;

/**
 * Whether exactly `count` lines are bullet points.
 *
 * @source IFEval `BulletListChecker`: lines that match `^\s*\*[^\*].*$` or `^\s*-.*$`
 */
export function verifyBulletList(text: string, { count }: { readonly count: number }): VerifierFinding {
  const found = text.split('\n').filter((line) => BULLET.test(line)).length;
  return { pass: found === count, reason: `${found} bullet point${found === 1 ? '' : 's'}, exactly ${count} required` };
}
