import { isWhole, type FinishReason } from '../completion.ts';
import { stripThoughts } from '../judging/strip-thoughts.ts';

/** Whether the judge of a gate takes the refined pair for the better one; `unreadable` where it does not say. */
export type GateVerdict = 'refined' | 'draft' | 'unreadable';

/** Reads the last line `BETTER: A`; what was cut before it is unreadable, and so are two different choices in one line. */
export function parsePreference(reply: string, finishReason: FinishReason, refinedIsA: boolean): GateVerdict {
  const lines = [
    ...stripThoughts(reply).matchAll(/^[ \t*_#>]*better[\s*_]*[:：][\s*_"“]*(?:pair\s+)?([AB])\b([^\n]*)$/gim),
  ];
  const last = lines.at(-1);
  if (last === undefined || !isWhole(finishReason) || /\b[AB]\b/.test(last[2] ?? '')) return 'unreadable';
  return (last[1]?.toUpperCase() === 'A') === refinedIsA ? 'refined' : 'draft';
}
