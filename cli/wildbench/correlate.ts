import { modelTable, SINGLE_COLUMN } from '../../configs/schema/wildbench-tables.ts';
import { ConfigError } from '../../domain/errors.ts';
import { formatNumber } from '../../domain/format-number.ts';
import { addMeanColumn, correlateColumns, type MeanColumn, type ModelTable } from '../../domain/wildbench/correlate.ts';
import type { Output } from '../output.ts';
import { readJson } from './read-rows.ts';

/** Flags of `wildbench correlate`. */
export interface CorrelateFlags {
  readonly metrics: string;
  readonly ratings: string;
  readonly rating?: string;
  readonly column: readonly string[];
  readonly mean: readonly string[];
  readonly require: readonly string[];
  readonly top: number;
  readonly json?: boolean;
}

/** Correlates metrics with ratings; returns the exit code. @throws DataError, ConfigError */
export async function correlate(flags: CorrelateFlags, output: Output): Promise<number> {
  const ratings = await readJson(flags.ratings, modelTable);
  const rating = chooseRating(ratings, flags);
  let table = joinTables(await readJson(flags.metrics, modelTable), ratings);
  for (const mean of flags.mean) table = addMeanColumn(table, parseMean(mean));
  const metrics = flags.column.length > 0 ? flags.column : columnsOf(table).filter((column) => column !== rating);
  const correlations = correlateColumns(table, { rating, metrics, required: flags.require, top: flags.top });
  for (const row of correlations) {
    output.line(
      `${row.metric}: Pearson ${formatNumber(row.pearson, 3)}, Spearman ${formatNumber(row.spearman, 3)}, Kendall tau-b ${formatNumber(row.kendallTauB, 3)} (${row.n} models); Pearson of the top ${row.topN}: ${formatNumber(row.pearsonTop, 3)}`,
    );
  }
  output.object({
    rating,
    correlations: Object.fromEntries(
      correlations.map((row) => [
        row.metric,
        {
          n: row.n,
          pearson: row.pearson,
          spearman: row.spearman,
          kendall_tau_b: row.kendallTauB,
          pearson_top: row.pearsonTop,
          top_n: row.topN,
        },
      ]),
    ),
  });
  return 0;
}

/** The ratings column, under which a plain number is filed too. */
function chooseRating(ratings: ModelTable, { rating, ratings: path }: CorrelateFlags): string {
  if (rating !== undefined) return rating;
  const [only, ...more] = columnsOf(ratings);
  if (only !== undefined && more.length === 0) return only;
  throw new ConfigError('config/invalid', `${path} has ${more.length + 1} columns; name one with --rating.`);
}

/** Columns of both files by model; a plain number in both keeps the rating's. */
function joinTables(metrics: ModelTable, ratings: ModelTable): ModelTable {
  const named = (row: ReadonlyMap<string, number>) =>
    [...row].map(([column, value]) => [column === SINGLE_COLUMN ? 'metric' : column, value] as const);
  return new Map([...metrics].map(([model, row]) => [model, new Map([...named(row), ...(ratings.get(model) ?? [])])]));
}

function columnsOf(table: ModelTable): readonly string[] {
  return [...new Set([...table.values()].flatMap((row) => [...row.keys()]))];
}

function parseMean(text: string): MeanColumn {
  const at = text.indexOf('=');
  const columns = text
    .slice(at + 1)
    .split(',')
    .map((column) => column.trim());
  if (at > 0 && columns.every((column) => column !== '')) return { name: text.slice(0, at), columns };
  throw new ConfigError('config/invalid', `--mean ${text}: write it as --mean name=column,column.`);
}
