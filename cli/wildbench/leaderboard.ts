import { writeFile } from 'node:fs/promises';
import { eloOutput, rewardOutput, scoreOutput } from '../../configs/schema/wildbench-tables.ts';
import { ConfigError } from '../../domain/errors.ts';
import { renderLeaderboardHtml } from '../../domain/wildbench/leaderboard-html.ts';
import { renderLeaderboardMarkdown } from '../../domain/wildbench/leaderboard-markdown.ts';
import {
  rankModels,
  type Estimate,
  type LeaderboardEntry,
  type LeaderboardRow,
} from '../../domain/wildbench/leaderboard.ts';
import { LEADERBOARD_QUIRKS } from '../../domain/wildbench/quirks.ts';
import type { Output } from '../output.ts';
import { printQuirks, toObject, type ModeFlags } from './options.ts';
import { readJson } from './read-rows.ts';

/** Flags of `wildbench leaderboard`. */
export interface LeaderboardFlags extends ModeFlags {
  readonly score: readonly string[];
  readonly reward: readonly string[];
  readonly elo?: string;
  readonly lengthPenalty: number;
  readonly format: 'markdown' | 'html' | 'json';
  readonly out?: string;
}

/** Makes one table of any outputs of the other commands; returns the exit code. @throws DataError, ConfigError */
export async function leaderboard(flags: LeaderboardFlags, output: Output): Promise<number> {
  const entries = await readEntries(flags);
  if (entries.length === 0) throw new ConfigError('config/invalid', 'Give --score, --reward or --elo at least once.');
  const rows = rankModels(entries, flags.mode);
  const other = rankModels(entries, flags.mode === 'upstream' ? 'strict' : 'upstream');
  const [upstream, strict] = flags.mode === 'upstream' ? [rows, other] : [other, rows];
  const differences = compareRanks(upstream, strict);
  const text = render(rows, flags);
  if (flags.out === undefined) output.line(text);
  else {
    await write(flags.out, text);
    output.line(`wrote ${rows.length} models to ${flags.out}`);
  }
  // Stdout may be redirected to a file, which then holds the table alone.
  for (const [model, { average, rank }] of differences) {
    output.error(`${model}: average ${average.join(' upstream, ')} strict; rank ${rank.join(' upstream, ')} strict`);
  }
  if (differences.size > 0) printQuirks(LEADERBOARD_QUIRKS, { ...output, line: output.error });
  output.object({ mode: flags.mode, rows: rows.map(rowFields), difference: toObject(differences) });
  return 0;
}

async function readEntries(flags: LeaderboardFlags): Promise<readonly LeaderboardEntry[]> {
  const entries = new Map<string, LeaderboardEntry>();
  const merge = (model: string, part: Partial<LeaderboardEntry>, path: string) => {
    const earlier = entries.get(model) ?? emptyEntry(model);
    const twice = (Object.keys(part) as (keyof LeaderboardEntry)[]).find(
      (field) => field !== 'model' && earlier[field] !== null && part[field] !== null,
    );
    if (twice !== undefined) {
      throw new ConfigError(
        'config/invalid',
        `${path} gives ${JSON.stringify(model)} a second ${twice}; give each once.`,
      );
    }
    entries.set(model, { ...earlier, ...part });
  };
  for (const path of flags.score) {
    const part = await readJson(path, scoreOutput);
    merge(part.model, part, path);
  }
  for (const path of flags.reward) {
    const { mix } = await readJson(path, rewardOutput);
    const models = mix[String(flags.lengthPenalty)];
    if (models === undefined) {
      throw new ConfigError(
        'config/invalid',
        `${path} has no length penalty ${flags.lengthPenalty}; it has ${Object.keys(mix).join(', ') || 'none'}.`,
      );
    }
    for (const [model, part] of Object.entries(models)) merge(model, part, path);
  }
  if (flags.elo !== undefined) {
    const { ratings } = await readJson(flags.elo, eloOutput);
    for (const [model, rating] of Object.entries(ratings)) merge(model, { elo: rating }, flags.elo);
  }
  return [...entries.values()];
}

function emptyEntry(model: string): LeaderboardEntry {
  return {
    model,
    score: null,
    taskMacroScore: null,
    reward: null,
    taskMacroReward: null,
    elo: null,
    averageLengthChars: null,
  };
}

function render(rows: readonly LeaderboardRow[], { format, mode }: LeaderboardFlags): string {
  switch (format) {
    case 'markdown':
      return renderLeaderboardMarkdown(rows);
    case 'html':
      return renderLeaderboardHtml(rows, mode);
    case 'json':
      return JSON.stringify(rows.map(rowFields), null, 2);
  }
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text.endsWith('\n') ? text : `${text}\n`).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError('config/unreadable', `The file ${path} can't be written (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
}

interface RankDifference {
  /** Upstream, strict. */
  readonly average: readonly [number | null, number | null];
  readonly rank: readonly [number, number];
}

function compareRanks(
  upstream: readonly LeaderboardRow[],
  strict: readonly LeaderboardRow[],
): ReadonlyMap<string, RankDifference> {
  const strictRows = new Map(strict.map((row) => [row.model, row]));
  return new Map(
    upstream.flatMap((row): [string, RankDifference][] => {
      const other = strictRows.get(row.model);
      if (other === undefined || (other.average === row.average && other.rank === row.rank)) return [];
      return [[row.model, { average: [row.average, other.average], rank: [row.rank, other.rank] }]];
    }),
  );
}

function rowFields(row: LeaderboardRow) {
  return {
    rank: row.rank,
    model: row.model,
    average: row.average,
    wb_score: estimateFields(row.score),
    wb_score_task_macro: row.taskMacroScore,
    wb_reward: estimateFields(row.reward),
    wb_reward_task_macro: row.taskMacroReward,
    wb_elo: estimateFields(row.elo),
    avg_len: row.averageLengthChars,
  };
}

function estimateFields(estimate: Estimate | null) {
  return estimate === null ? null : { ...estimate };
}
