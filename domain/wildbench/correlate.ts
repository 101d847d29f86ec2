import { kendallTauB, pearson, spearman } from '../agreement/correlation.ts';
import { ConfigError } from '../errors.ts';

/** Numbers by model and column; a column that a model lacks is absent. */
export type ModelTable = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A column that is the unrounded mean of others. */
export interface MeanColumn {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Which models and columns are compared. */
export interface CorrelationChoice {
  /** Column with the ratings. */
  readonly rating: string;
  /** Columns that are compared with it. */
  readonly metrics: readonly string[];
  /** Only models that have all of these count. */
  readonly required: readonly string[];
  /** So many models with the highest ratings make the second Pearson. */
  readonly top: number;
}

/** One metric against the ratings. `null`: fewer than two models, or one side doesn't vary. */
export interface Correlation {
  readonly metric: string;
  /** Models in the figures. */
  readonly n: number;
  readonly pearson: number | null;
  readonly spearman: number | null;
  readonly kendallTauB: number | null;
  /** Pearson over the highest rated models only, and how many those are. */
  readonly pearsonTop: number | null;
  readonly topN: number;
}

/**
 * Adds a column to every model that has all of its parts.
 *
 * @throws ConfigError `config/invalid` when no model has them all
 */
export function addMeanColumn(table: ModelTable, { name, columns }: MeanColumn): ModelTable {
  let found = false;
  const extended = new Map(
    [...table].map(([model, row]) => {
      const parts = columns.map((column) => row.get(column)).filter((value) => value !== undefined);
      if (parts.length < columns.length) return [model, row] as const;
      found = true;
      return [model, new Map([...row, [name, parts.reduce((sum, value) => sum + value, 0) / parts.length]])] as const;
    }),
  );
  if (!found)
    throw new ConfigError('config/invalid', `No model has all of ${columns.join(', ')} for the mean ${name}.`);
  return extended;
}

/**
 * Correlates metrics with ratings over the models that have both.
 *
 * @throws ConfigError `config/invalid` for a column that no model has
 * @source WildBench (arXiv 2406.04770), correlation with people: Pearson, Spearman and Kendall (tau-b) with Chatbot Arena Elo
 */
export function correlateColumns(table: ModelTable, choice: CorrelationChoice): readonly Correlation[] {
  for (const column of [choice.rating, ...choice.required, ...choice.metrics]) requireColumn(table, column);
  const rows = [...table.values()].filter(
    (row) => row.has(choice.rating) && choice.required.every((column) => row.has(column)),
  );
  return choice.metrics.map((metric) => {
    const pairs = rows
      .flatMap((row) => {
        const value = row.get(metric);
        const rating = row.get(choice.rating);
        return value === undefined || rating === undefined ? [] : [{ value, rating }];
      })
      .toSorted((a, b) => b.rating - a.rating);
    const values = pairs.map(({ value }) => value);
    const ratings = pairs.map(({ rating }) => rating);
    return {
      metric,
      n: pairs.length,
      pearson: pearson(values, ratings),
      spearman: spearman(values, ratings),
      kendallTauB: kendallTauB(values, ratings),
      pearsonTop: pearson(values.slice(0, choice.top), ratings.slice(0, choice.top)),
      topN: Math.min(choice.top, pairs.length),
    };
  });
}

function requireColumn(table: ModelTable, column: string): void {
  if ([...table.values()].some((row) => row.has(column))) return;
  const known = [...new Set([...table.values()].flatMap((row) => [...row.keys()]))];
  throw new ConfigError(
    'config/invalid',
    `No model has a number in the column ${JSON.stringify(column)}; the columns are ${known.join(', ') || 'none'}.`,
  );
}
