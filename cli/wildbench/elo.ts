import { scoreRow, voteRow } from '../../configs/schema/wildbench-rows.ts';
import { modelTable, SINGLE_COLUMN } from '../../configs/schema/wildbench-tables.ts';
import { ConfigError } from '../../domain/errors.ts';
import { formatNumber } from '../../domain/format-number.ts';
import { rateModels, type EloRating } from '../../domain/wildbench/elo.ts';
import type { ConformanceMode } from '../../domain/wildbench/mode.ts';
import { ELO_QUIRKS } from '../../domain/wildbench/quirks.ts';
import { votesFromScores, type Vote } from '../../domain/wildbench/votes.ts';
import type { Output } from '../output.ts';
import { printQuirks, toObject, type ModeFlags } from './options.ts';
import { readJson, readRows } from './read-rows.ts';

/** Flags of `wildbench elo`. */
export interface EloFlags extends ModeFlags {
  readonly scores: readonly string[];
  readonly battles?: string;
  readonly anchors?: string;
  readonly anchorColumn: string;
  readonly leaveOut?: string;
  readonly margin: number;
  readonly tieMargin: number;
  readonly k: number;
  readonly initial: number;
  readonly static?: boolean;
  readonly interval: number;
  readonly lengthMargin: number;
  readonly rounds: number;
  readonly seed: number;
  readonly sampling?: 'shuffle' | 'bootstrap';
}

/** Rates models by votes; returns the exit code. @throws DataError, ConfigError */
export async function elo(flags: EloFlags, output: Output): Promise<number> {
  const votes = await readVotes(flags);
  const anchors = await readAnchors(flags);
  const hidden = flags.leaveOut === undefined ? undefined : anchors.get(flags.leaveOut);
  if (flags.leaveOut !== undefined) {
    if (hidden === undefined) throw new ConfigError('config/invalid', `--leave-out ${flags.leaveOut} is no anchor.`);
    anchors.delete(flags.leaveOut);
  }
  const rate = (mode: ConformanceMode) =>
    rateModels(
      votes,
      {
        mode,
        kFactor: flags.k,
        initialRating: flags.initial,
        anchors,
        dynamic: flags.static !== true,
        interval: flags.interval,
        lengthMarginChars: flags.lengthMargin,
      },
      {
        rounds: flags.rounds,
        seed: flags.seed,
        // Quirk shuffled-not-resampled.
        sampling: flags.sampling ?? (mode === 'upstream' ? 'shuffle' : 'bootstrap'),
      },
    );
  const [upstream, strict] = [rate('upstream'), rate('strict')];
  const ratings = flags.mode === 'upstream' ? upstream : strict;
  const difference = new Map(
    [...upstream].map(([model, { mean }]) => [model, mean - (strict.get(model)?.mean ?? mean)]),
  );
  printRatings(ratings, difference, votes, flags, output);
  const leftOut = describeLeftOut(flags.leaveOut, hidden, ratings, output);
  printQuirks(ELO_QUIRKS, output);
  output.object({
    mode: flags.mode,
    votes: votes.length,
    ties: votes.filter(({ winner }) => winner === 'tie').length,
    rounds: flags.rounds,
    ratings: toObject(new Map([...ratings].map(([model, rating]) => [model, ratingFields(rating)]))),
    left_out: leftOut,
    difference: toObject(difference),
    quirks: ELO_QUIRKS.map(({ name }) => name),
  });
  return 0;
}

async function readVotes(flags: EloFlags): Promise<readonly Vote[]> {
  if ((flags.battles === undefined) === (flags.scores.length === 0)) {
    throw new ConfigError('config/invalid', 'Give either --battles or --scores once for each model.');
  }
  const votes = flags.battles === undefined ? await votesOfScores(flags) : await readBattles(flags.battles);
  if (votes.length === 0) {
    throw new ConfigError(
      'config/invalid',
      'No pair of models made a vote; check the margins and that they share tasks.',
    );
  }
  return votes;
}

async function readBattles(path: string): Promise<readonly Vote[]> {
  return (await readRows(path, voteRow)).map(({ row }) => ({
    ...row,
    model1: canonicalName(row.model1),
    model2: canonicalName(row.model2),
  }));
}

async function votesOfScores({ scores, margin, tieMargin }: EloFlags): Promise<readonly Vote[]> {
  const judgments = new Map<string, Awaited<ReturnType<typeof readScores>>>();
  for (const pair of scores) {
    const at = pair.indexOf('=');
    const model = canonicalName(pair.slice(0, at));
    if (at < 1 || judgments.has(model)) {
      throw new ConfigError('config/invalid', `--scores ${pair}: write it as --scores model=file, each model once.`);
    }
    judgments.set(model, await readScores(pair.slice(at + 1)));
  }
  return votesFromScores(judgments, { margin, tieMargin });
}

async function readScores(path: string) {
  return (await readRows(path, scoreRow)).map(({ row }) => row);
}

async function readAnchors({ anchors, anchorColumn }: EloFlags): Promise<Map<string, number>> {
  if (anchors === undefined) return new Map();
  const found = new Map<string, number>();
  for (const [model, row] of await readJson(anchors, modelTable)) {
    const rating = row.get(anchorColumn) ?? row.get(SINGLE_COLUMN);
    if (rating !== undefined) found.set(canonicalName(model), rating);
  }
  if (found.size > 0) return found;
  throw new ConfigError('config/invalid', `${anchors} has no number in the column ${JSON.stringify(anchorColumn)}.`);
}

/** Upstream's names differ by this suffix only where a provider served the model. */
function canonicalName(model: string): string {
  return model.replace('@together', '');
}

function ratingFields(rating: EloRating) {
  return {
    mean: rating.mean,
    std: rating.standardDeviation,
    median: rating.median,
    low: rating.low,
    high: rating.high,
    votes: rating.votes,
    anchor: rating.anchor,
  };
}

function printRatings(
  ratings: ReadonlyMap<string, EloRating>,
  difference: ReadonlyMap<string, number>,
  votes: readonly Vote[],
  flags: EloFlags,
  output: Output,
): void {
  output.line(`${votes.length} votes, ${flags.rounds} rounds, mode ${flags.mode}`);
  for (const [model, { mean, low, high, votes, anchor }] of ratings) {
    output.line(
      `${model}: ${formatNumber(mean, 1)} [${formatNumber(low, 1)}, ${formatNumber(high, 1)}] (${votes} votes${anchor === null ? '' : `, anchor ${anchor}`}); upstream - strict ${formatNumber(difference.get(model) ?? null, 2)}`,
    );
  }
}

function describeLeftOut(
  model: string | undefined,
  hidden: number | undefined,
  ratings: ReadonlyMap<string, EloRating>,
  output: Output,
) {
  if (model === undefined || hidden === undefined) return null;
  const estimate = ratings.get(model)?.mean ?? null;
  output.line(`left out ${model}: anchor ${hidden}, estimate ${formatNumber(estimate, 1)}`);
  return { model, anchor: hidden, estimate, difference: estimate === null ? null : hidden - estimate };
}
