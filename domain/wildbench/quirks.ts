/** One place where the published numbers are not what one should compute. */
export interface Quirk {
  readonly name: string;
  readonly upstream: string;
  readonly strict: string;
}

/** WB-Score. @source WildBench repository, leaderboard/data_dir/_create_tables.py, mode "score" */
export const SCORE_QUIRKS = [
  {
    name: 'two-populations',
    upstream: 'the score averages every readable row, groups and mean length only those neither empty nor truncated',
    strict: 'score and groups average the same rows: all but the truncated ones',
  },
  {
    name: 'judged-empties',
    upstream: 'an empty answer has whatever score the judge gave it',
    strict: 'an empty answer has score 1, in the groups too',
  },
  {
    name: 'truncated-counts',
    upstream: 'a score of an answer that was cut for the judge counts',
    strict: 'it is left out and counted: the judge saw another text than the model wrote',
  },
  {
    name: 'no-range-check',
    upstream: 'any number is a score',
    strict: 'a score that is not a whole number from 1 to 10 is unreadable',
  },
  {
    name: 'fixed-weight-divisor',
    upstream: 'the weighted mean over groups divides by 4.75, whichever groups are there',
    strict: 'it divides by the weights of the groups that are there',
  },
  {
    name: 'repeated-rows',
    upstream: 'a task judged twice counts twice',
    strict: 'a task judged twice is an error',
  },
] as const satisfies readonly Quirk[];

/** WB-Reward. @source WildBench repository, leaderboard/data_dir/_create_tables.py, mode "pairwise" */
export const REWARD_QUIRKS = [
  {
    name: 'dropped-rows-divide',
    upstream: 'the reward divides by all readable rows, also those dropped as empty or truncated',
    strict: 'it divides by the rows that were counted',
  },
  {
    name: 'fixed-weight-divisor',
    upstream: 'the weighted mean over groups divides by 4.75, whichever groups are there',
    strict: 'it divides by the weights of the groups that are there',
  },
  {
    name: 'missing-baseline-is-zero',
    upstream: 'a baseline that a model was not run against counts 0 in the mix',
    strict: 'the mix is over the baselines it was run against; against itself a model has 0',
  },
  {
    name: 'repeated-rows',
    upstream: 'a pair judged twice in one order counts twice',
    strict: 'a pair judged twice in one order is an error; both orders are welcome',
  },
] as const satisfies readonly Quirk[];

/** WB-Elo. @source WildBench repository, leaderboard/wb_elo.py */
export const ELO_QUIRKS = [
  {
    name: 'length-ties-either-way',
    upstream: 'lengths further apart than the margin make a tie, whoever is longer',
    strict: 'only a win of the longer side becomes a tie, as in WB-Reward',
  },
  {
    name: 'pull-at-first-vote',
    upstream: 'a moving anchor is pulled back at its first vote and after every interval',
    strict: 'it is pulled back after every interval only',
  },
  {
    name: 'shuffled-not-resampled',
    upstream: 'a round plays all votes in a new order, so the interval shows the noise of the order alone',
    strict: 'a round plays tasks drawn with replacement, in a new order',
  },
] as const satisfies readonly Quirk[];

/** Leaderboard. @source WildBench leaderboard file all_stat_wildbench.-1.json */
export const LEADERBOARD_QUIRKS = [
  {
    name: 'missing-reward-is-zero',
    upstream: 'a model without pairwise run has reward 0, which drags its average',
    strict: 'it has no reward and no average',
  },
] as const satisfies readonly Quirk[];
