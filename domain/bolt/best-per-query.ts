import { DataError } from '../errors.ts';
import type { FrozenScores, OutcomeScore } from './outcome-score.ts';
import { isKept, type PercentileCut } from './percentile-cut.ts';

/** The one response of each query that is trained on, and the queries whose responses are all below the cut. */
export interface BestPerQuery {
  /** In order of first appearance of their queries. */
  readonly best: readonly OutcomeScore[];
  readonly lostQueries: readonly string[];
}

/**
 * Cuts, then keeps each query's highest score; equal scores are decided by the shorter response, then by the lower index.
 *
 * @throws DataError `data/invalid-row` when the cut was computed from another set of scores
 * @source BOLT (arXiv 2502.03860) §3.1.4; the tie break is ours
 */
export function bestPerQuery({ setHash, scores }: FrozenScores, cut: PercentileCut): BestPerQuery {
  if (setHash !== cut.setHash || scores.length !== cut.scores) {
    throw new DataError(
      'data/invalid-row',
      `The cut was computed from ${cut.scores} scores (${cut.setHash}) and is applied to ${scores.length} (${setHash}): freeze the scores once, then cut and select from the same set.`,
    );
  }
  const best = new Map<string, OutcomeScore | null>();
  for (const score of scores) {
    const leader = best.get(score.promptId) ?? null;
    const isBetter = isKept(score, cut) && (leader === null || compareOutcomes(score, leader) < 0);
    best.set(score.promptId, isBetter ? score : leader);
  }
  return {
    best: [...best.values()].filter((score) => score !== null),
    lostQueries: [...best].flatMap(([promptId, score]) => (score === null ? [promptId] : [])),
  };
}

/** Negative when the first is the better one. */
export function compareOutcomes(a: OutcomeScore, b: OutcomeScore): number {
  return b.score - a.score || a.lengthTokens - b.lengthTokens || a.sampleIndex - b.sampleIndex;
}
