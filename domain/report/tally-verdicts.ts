import type { UnparsedCause, Verdict } from '../checklist.ts';
import { countVerdicts } from '../pass-rate.ts';

/** How often each cause left a verdict unparsed, most frequent first. */
export type CauseCounts = readonly (readonly [UnparsedCause, number])[];

/** Verdicts by what they say, and why the unparsed ones are. */
export interface VerdictTally {
  readonly yes: number;
  readonly no: number;
  readonly unparsed: number;
  readonly causes: CauseCounts;
}

/** A count and what it is out of. */
export interface CountOf {
  readonly count: number;
  readonly of: number;
}

/** Counts verdicts; unparsed ones by cause. */
export function tallyVerdicts(verdicts: readonly Verdict[]): VerdictTally {
  const causes = verdicts.flatMap((verdict) => (verdict.answer === 'unparsed' ? [verdict.cause] : []));
  return { ...countVerdicts(verdicts), causes: countEach(causes) };
}

/** How often each value occurs, most frequent first, then by name. */
export function countEach<Value extends string>(values: readonly Value[]): readonly (readonly [Value, number])[] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
}

/**
 * Answers whose gold verdicts decided too few items for a gold pass rate, of those with gold verdicts; `null` without any.
 * They are in no mean.
 */
export function countUndecided(
  answers: readonly { readonly gold_I: readonly Verdict[]; readonly goldPassRate: number | null }[],
): CountOf | null {
  const measured = answers.filter(({ gold_I }) => gold_I.length > 0);
  const count = measured.filter(({ goldPassRate }) => goldPassRate === null).length;
  return measured.length === 0 ? null : { count, of: measured.length };
}
