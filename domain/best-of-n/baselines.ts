import { normalizeAnswer } from '../refine/normalize-answer.ts';
import type { Candidate } from './candidate.ts';

/**
 * The first candidate whose final answer most others share (self-consistency); `null` when no two agree.
 *
 * The final answer is what follows the last "answer is" or "Answer:" or stands in the last \boxed{}, otherwise the last line.
 */
export function chooseMajority(candidates: readonly Candidate[]): number | null {
  const answers = candidates.map(({ text }) => finalAnswer(text));
  const counts = answers.map((answer) => answers.filter((other) => other === answer && answer !== '').length);
  const highest = Math.max(0, ...counts);
  return highest < 2 ? null : (candidates[counts.indexOf(highest)]?.sampleIndex ?? null);
}

/** The first candidate with the highest number of its kind; `null` when none has one. */
export function chooseHighest(
  candidates: readonly Candidate[],
  numberOf: (candidate: Candidate) => number | null,
): number | null {
  const numbered = candidates.flatMap((candidate) => {
    const value = numberOf(candidate);
    return value === null ? [] : [{ value, sampleIndex: candidate.sampleIndex }];
  });
  const highest = Math.max(...numbered.map(({ value }) => value));
  return numbered.find(({ value }) => value === highest)?.sampleIndex ?? null;
}

/** Different texts, spacing set aside. */
export function countDistinct(candidates: readonly Candidate[]): number {
  return new Set(candidates.map(({ text }) => normalizeAnswer(text))).size;
}

/** A whole number from 0 to 100 on the last line that has one; `null` when there is none. */
export function parseSelfScore(reply: string): number | null {
  const lines = reply.trim().split('\n').toReversed();
  for (const line of lines) {
    const match = /(?<![\d.])(\d{1,3})(?:\s*\/\s*100)?(?![\d.]*\d)/.exec(line);
    if (match !== null) {
      const score = Number(match[1]);
      return score <= 100 ? score : null;
    }
  }
  return null;
}

function finalAnswer(text: string): string {
  const boxed = [...text.matchAll(/\\boxed\{([^{}]*)\}/g)].at(-1)?.[1];
  if (boxed !== undefined) return normalizeAnswer(boxed).toLowerCase();
  const said = [...text.matchAll(/answer(?:\s+is|\s*:)\s*([^\n]+)/gi)].at(-1)?.[1];
  const lastLine = text.trim().split('\n').at(-1) ?? '';
  return normalizeAnswer(said ?? lastLine)
    .toLowerCase()
    .replace(/[.!]$/, '');
}
