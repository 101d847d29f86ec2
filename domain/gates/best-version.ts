/** Whose verdicts the versions of a run are compared by: gold where the run measures by gold, else the steering judge. */
export type Ruler = 'judge' | 'gold';

/** A policy version that was measured on the held-out prompts. */
export interface MeasuredVersion {
  /** 0 is the base. */
  readonly round: number;
  /** Held-out rate by the ruler of the run; `null` when it decided nothing. */
  readonly mean: number | null;
  /** False for a round that was rolled back or stopped the run. */
  readonly accepted: boolean;
}

/** What a version is compared by; `null` when the ruler decided nothing: the rates of two rulers are not comparable. */
export function heldOutMean(
  { interval, gold }: Readonly<Record<'interval' | 'gold', { readonly mean: number } | null>>,
  ruler: Ruler,
): number | null {
  return (ruler === 'gold' ? gold : interval)?.mean ?? null;
}

/**
 * Round of the best accepted version; 0, the base, when no other has a rate. Of equals it is the earliest: what trained on
 * without measuring better has moved further from the base for nothing.
 */
export function findBestRound(versions: readonly MeasuredVersion[]): number {
  const [first, ...rest] = versions
    .filter(({ accepted, mean }) => accepted && mean !== null)
    .toSorted((a, b) => a.round - b.round);
  return rest.reduce((best, version) => ((version.mean ?? 0) > (best.mean ?? 0) ? version : best), first ?? NO_VERSION)
    .round;
}

const NO_VERSION: MeasuredVersion = { round: 0, mean: null, accepted: true };
