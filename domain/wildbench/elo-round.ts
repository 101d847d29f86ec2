import type { ConformanceMode } from './mode.ts';
import type { Vote } from './votes.ts';

/** How ratings move. */
export interface EloOptions {
  readonly mode: ConformanceMode;
  /** Largest change by one vote, rating points (Elo's K). */
  readonly kFactor: number;
  /** Rating of a model without anchor. */
  readonly initialRating: number;
  /** Fixed outside ratings by model. */
  readonly anchors: ReadonlyMap<string, number>;
  /** Whether anchors move too. */
  readonly dynamic: boolean;
  /** Votes after which a moving anchor is set to the mean of its rating and its anchor; 0 never. */
  readonly interval: number;
  /** Lengths further apart than this make a tie, code points; 0 or less is off. */
  readonly lengthMarginChars: number;
}

const BASE = 10;
const SCALE = 400;

/**
 * Ratings of all models after one pass over the votes, in the order given.
 *
 * @source WildBench repository, leaderboard/wb_elo.py: `compute_single_round`
 */
export function rateVotes(votes: readonly Vote[], options: EloOptions): Map<string, number> {
  const ratings = new Map(options.anchors);
  for (const model of votes.flatMap(({ model1, model2 }) => [model1, model2])) {
    if (!ratings.has(model)) ratings.set(model, options.initialRating);
  }
  const voteCounts = new Map<string, number>();
  for (const vote of votes) {
    // Two anchors tell nothing about the others.
    if (options.anchors.has(vote.model1) && options.anchors.has(vote.model2)) continue;
    playVote(vote, ratings, voteCounts, options);
  }
  return ratings;
}

function playVote(
  vote: Vote,
  ratings: Map<string, number>,
  voteCounts: Map<string, number>,
  options: EloOptions,
): void {
  const { model1, model2 } = vote;
  const rating1 = ratings.get(model1) ?? options.initialRating;
  const rating2 = ratings.get(model2) ?? options.initialRating;
  const score1 = scoreOf(vote, options);
  const sides = [
    [model1, rating1, score1 - expected(rating1, rating2)],
    [model2, rating2, 1 - score1 - expected(rating2, rating1)],
  ] as const;
  for (const [model, rating, surprise] of sides) {
    const votesBefore = voteCounts.get(model) ?? 0;
    ratings.set(model, move(model, rating, surprise, votesBefore, options));
    voteCounts.set(model, votesBefore + 1);
  }
}

function expected(own: number, other: number): number {
  return 1 / (1 + BASE ** ((other - own) / SCALE));
}

function scoreOf({ winner, lengthChars1, lengthChars2 }: Vote, { mode, lengthMarginChars }: EloOptions): number {
  if (winner === 'tie') return 0.5;
  if (lengthMarginChars > 0 && lengthChars1 !== null && lengthChars2 !== null) {
    const surplus = winner === 'model1' ? lengthChars1 - lengthChars2 : lengthChars2 - lengthChars1;
    // Quirk length-ties-either-way.
    if ((mode === 'upstream' ? Math.abs(surplus) : surplus) > lengthMarginChars) return 0.5;
  }
  return winner === 'model1' ? 1 : 0;
}

function move(model: string, rating: number, surprise: number, votesBefore: number, options: EloOptions): number {
  const { anchors, dynamic, interval, kFactor, mode } = options;
  const anchor = anchors.get(model);
  const moved = rating + kFactor * surprise;
  if (anchor === undefined) return moved;
  if (!dynamic) return rating;
  // Quirk pull-at-first-vote: upstream tests the number of earlier votes, which is 0 at first.
  const turn = mode === 'upstream' ? votesBefore : votesBefore + 1;
  return interval > 0 && turn % interval === 0 ? (moved + anchor) / 2 : moved;
}
