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

/**
 * yes / (yes + no), in [0, 1]; `undefined` when no item was decided, or a smaller share of them than asked for. An unparsed
 * verdict is no answer, so it is left out.
 *
 * @param minCoverage smallest share of items with a verdict, in [0, 1]
 */
export function passRate(verdicts: readonly Verdict[], minCoverage = 0): number | undefined {
  const { yes, no } = countVerdicts(verdicts);
  const decided = yes + no;
  return decided === 0 || decided / verdicts.length < minCoverage ? undefined : yes / decided;
}
