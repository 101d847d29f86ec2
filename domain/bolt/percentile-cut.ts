import { DataError } from '../errors.ts';
import { percentile } from '../wildbench/percentile.ts';
import type { FrozenScores, OutcomeScore, ScorerStamp } from './outcome-score.ts';

const ROUNDING = 1e-9;

/** The line that a stage's scores are cut at, and all that it was computed from. */
export interface PercentileCut {
  readonly setHash: string;
  readonly stamp: ScorerStamp;
  /** In [0, 1). */
  readonly share: number;
  /** A score strictly below it is dropped. */
  readonly cut: number;
  /** How many scores there are, and how many of them are below the cut. */
  readonly scores: number;
  readonly below: number;
}

/**
 * The percentile over all scores of all queries, by linear interpolation between neighbours in rank.
 *
 * @param share in [0, 1); the paper's is 0.3
 * @throws DataError `data/no-scores` for an empty set, `data/invalid-row` for a score that is no number,
 *   `data/mixed-scorers` for scores of more than one scorer or revision
 * @source BOLT (arXiv 2502.03860) §3.1.4: below the 30th percentile is dropped; the interpolation is not stated
 */
export function percentileCut({ setHash, scores }: FrozenScores, share: number): PercentileCut {
  const [first] = scores;
  if (first === undefined) {
    throw new DataError(
      'data/no-scores',
      'No response has a score, so there is no percentile to cut at: look at the yield by format code.',
    );
  }
  for (const score of scores) checkScore(score, first.stamp);
  const sorted = scores.map(({ score }) => score).toSorted((a, b) => a - b);
  const cut = cutAt(sorted, share);
  const below = sorted.filter((score) => score < cut).length;
  return { setHash, stamp: first.stamp, share, cut, scores: scores.length, below };
}

/** Whether a score stays. */
export function isKept({ score }: OutcomeScore, { cut }: PercentileCut): boolean {
  return score >= cut;
}

/** A rank that is whole but for rounding (0.07 of 100 steps) is the score of that rank, which would else be below it. */
function cutAt(sorted: readonly number[], share: number): number {
  const rank = share * (sorted.length - 1);
  const exact = Math.abs(rank - Math.round(rank)) < ROUNDING ? sorted[Math.round(rank)] : undefined;
  return exact ?? percentile(sorted, share);
}

function checkScore({ promptId, sampleIndex, score, stamp }: OutcomeScore, first: ScorerStamp): void {
  const name = `Sample ${sampleIndex} of "${promptId}"`;
  if (!Number.isFinite(score)) {
    throw new DataError(
      'data/invalid-row',
      `${name} has the score ${score}: leave out what could not be scored, or score it again.`,
    );
  }
  if (stamp.scorer !== first.scorer || stamp.revision !== first.revision) {
    throw new DataError(
      'data/mixed-scorers',
      `${name} was scored by ${describe(stamp)} and others by ${describe(first)}: their scores are not on one scale, so score all samples with one of them.`,
    );
  }
}

function describe({ scorer, revision }: ScorerStamp): string {
  return `"${scorer}" (revision "${revision}")`;
}
