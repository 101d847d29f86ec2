import type { Verdict } from './checklist.ts';

/** Verdicts of each answer, whoever gave them. */
export interface VerdictCounts {
  readonly yes: number;
  readonly no: number;
  readonly unparsed: number;
}

/** How many verdicts there are of each answer. */
export function countVerdicts(verdicts: readonly Verdict[]): VerdictCounts {
  const counts = { yes: 0, no: 0, unparsed: 0 };
  for (const { answer } of verdicts) counts[answer] += 1;
  return counts;
}

/** yes / (yes + no), in [0, 1]; `undefined` when no item was decided. An unparsed verdict is no answer, so it is left out. */
export function passRate(verdicts: readonly Verdict[]): number | undefined {
  const { yes, no } = countVerdicts(verdicts);
  return yes + no === 0 ? undefined : yes / (yes + no);
}
