import { createRandom, deriveSeed } from '../random.ts';
import { rateVotes, type EloOptions } from './elo-round.ts';
import { percentile } from './percentile.ts';
import type { Vote } from './votes.ts';

/** How often the votes are played, and in what order. */
export interface EloRounds {
  readonly rounds: number;
  readonly seed: number;
  /** `shuffle`: all votes in a new order. `bootstrap`: as many tasks drawn with replacement, in a new order. */
  readonly sampling: 'shuffle' | 'bootstrap';
}

/** Ratings of one model over all rounds. */
export interface EloRating {
  readonly mean: number;
  /** Population standard deviation. */
  readonly standardDeviation: number;
  readonly median: number;
  /** 2.5th percentile. */
  readonly low: number;
  /** 97.5th percentile. */
  readonly high: number;
  /** Votes of this model that were played, of two anchors left out. */
  readonly votes: number;
  readonly anchor: number | null;
}

/**
 * WB-Elo of every model, best first.
 *
 * @throws RangeError for a number of rounds that is not a positive integer
 * @source WildBench repository, leaderboard/wb_elo.py: `compute_elo_based_on_votes`. The order of upstream's votes can't be
 * had (its worker processes are forked after seeding), so ratings agree within the noise of the order.
 */
export function rateModels(
  votes: readonly Vote[],
  options: EloOptions,
  { rounds, seed, sampling }: EloRounds,
): ReadonlyMap<string, EloRating> {
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new RangeError(`rounds must be a positive integer, got ${rounds}`);
  }
  const ratingsByModel = new Map<string, number[]>();
  const tasks = groupBySession(votes);
  for (let round = 0; round < rounds; round += 1) {
    const random = createRandom(deriveSeed([seed, 'wb-elo', round]));
    const drawn = sampling === 'shuffle' ? [...votes] : drawTasks(tasks, random);
    for (const [model, rating] of rateVotes(shuffle(drawn, random), options)) {
      const ratings = ratingsByModel.get(model);
      if (ratings === undefined) ratingsByModel.set(model, [rating]);
      else ratings.push(rating);
    }
  }
  const played = countVotes(votes, options);
  return new Map(
    [...ratingsByModel]
      .map(([model, ratings]) => {
        const anchor = options.anchors.get(model) ?? null;
        return [model, { ...describe(ratings), votes: played.get(model) ?? 0, anchor }] as const;
      })
      .toSorted(([, a], [, b]) => b.mean - a.mean),
  );
}

function describe(ratings: readonly number[]) {
  const mean = ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
  const variance = ratings.reduce((sum, rating) => sum + (rating - mean) ** 2, 0) / ratings.length;
  const sorted = ratings.toSorted((a, b) => a - b);
  return {
    mean,
    standardDeviation: Math.sqrt(variance),
    median: percentile(sorted, 0.5),
    low: percentile(sorted, 0.025),
    high: percentile(sorted, 0.975),
  };
}

function groupBySession(votes: readonly Vote[]): readonly (readonly Vote[])[] {
  const groups = new Map<string, Vote[]>();
  for (const vote of votes) {
    const group = groups.get(vote.sessionId);
    if (group === undefined) groups.set(vote.sessionId, [vote]);
    else group.push(vote);
  }
  return [...groups.values()];
}

function drawTasks(tasks: readonly (readonly Vote[])[], random: () => number): Vote[] {
  return tasks.flatMap(() => tasks[Math.floor(random() * tasks.length)] ?? []);
}

/** Fisher and Yates, in place: the list is ours. */
function shuffle(votes: Vote[], random: () => number): Vote[] {
  for (let last = votes.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [votes[last], votes[other]] = [votes[other] as Vote, votes[last] as Vote];
  }
  return votes;
}

function countVotes(votes: readonly Vote[], { anchors }: EloOptions): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { model1, model2 } of votes) {
    if (anchors.has(model1) && anchors.has(model2)) continue;
    for (const model of [model1, model2]) counts.set(model, (counts.get(model) ?? 0) + 1);
  }
  return counts;
}
