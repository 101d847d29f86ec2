import { canonicalJson } from '../canonical-json.ts';
import { DataError } from '../errors.ts';
import { deriveSeed } from '../random.ts';
import type { RowOutline } from './row-outline.ts';
import type { SynthesisRow } from './synthesis-row.ts';

/** How the rows of a dataset are chosen. */
export interface DatasetRules {
  /** Rows of the dataset. */
  readonly numRows: number;
  /** Seed of the run, which shuffles all rows before the cut; `null` keeps the order of batches. */
  readonly shuffleSeed: number | null;
  /** Takes the rows out of those that are good, in their order; without it the first ones are taken. */
  readonly choose?: (good: readonly RowOutline[], numRows: number) => readonly RowOutline[];
  /** Why there may be fewer; `null` where there may not. */
  readonly shortfall: string | null;
  /** What was tried and never became a row; it counts as sampled and dropped. */
  readonly failed?: readonly DropCount[];
}

/** A row of a finished dataset: one that nothing dropped. */
export type DatasetRow = Omit<SynthesisRow, 'dropped'>;

/** Rows that went no further, for one reason. */
export type DropCount = { readonly by: string; readonly reason: string; readonly rows: number };

/** The rows of a dataset, and what became of every row that they were chosen from. */
export interface SettledRows {
  readonly rows: readonly RowOutline[];
  /** All that the rows are from: `rows + unused` and all drops add up to it. */
  readonly sampled: number;
  /** Most first. */
  readonly drops: readonly DropCount[];
  /** Rows that ask the same as an earlier one, or have its id; they are among the drops. */
  readonly duplicates: number;
  /** Good rows beyond the asked number. */
  readonly unused: number;
  /** Why there are fewer than asked; `null` where there are not. */
  readonly shortfall: string | null;
}

/** The stage under which rows that repeat another are counted. */
export const DUPLICATE_STAGE = 'dataset';

/**
 * Chooses exactly the asked number of rows from those that nothing dropped; the first of several equal ones stays.
 *
 * @throws DataError `data/too-few-rows` where there are fewer and no reason is given, `data/no-rows` where there is none
 */
export function settleDataset(
  sampled: readonly RowOutline[],
  { numRows, shuffleSeed, choose, shortfall, failed = [] }: DatasetRules,
): SettledRows {
  if (!Number.isSafeInteger(numRows) || numRows < 1) throw new RangeError(`numRows must be at least 1, got ${numRows}`);
  const drops: { readonly by: string; readonly reason: string }[] = [];
  const seen = new Set<string>();
  const good: RowOutline[] = [];
  for (const row of sampled) {
    const why = row.dropped ?? repeats(row, seen);
    if (why === undefined) good.push(row);
    else drops.push(why);
  }
  const chosen = choose === undefined ? good : choose(good, numRows);
  const rows = (shuffleSeed === null ? chosen : shuffled(chosen, shuffleSeed)).slice(0, numRows);
  const tried = sampled.length + failed.reduce((sum, drop) => sum + drop.rows, 0);
  requireEnough(rows.length, numRows, tried, shortfall);
  return {
    rows,
    sampled: tried,
    drops: [...countDrops(drops), ...failed].toSorted(byRows),
    duplicates: drops.filter(({ by, reason }) => by === DUPLICATE_STAGE || reason === 'duplicate').length,
    unused: good.length - rows.length,
    shortfall: rows.length < numRows ? shortfall : null,
  };
}

/** Says whether a row repeats one that was seen, and else remembers it. */
function repeats(
  { rowId, asked }: RowOutline,
  seen: Set<string>,
): { readonly by: string; readonly reason: string } | undefined {
  const [id, queries] = [`id:${rowId}`, `asked:${asked}`];
  if (seen.has(id)) return { by: DUPLICATE_STAGE, reason: 'same-id' };
  if (seen.has(queries)) return { by: DUPLICATE_STAGE, reason: 'same-queries' };
  seen.add(id).add(queries);
  return undefined;
}

/** An order that depends on the seed and the rows' ids alone, not on how the rows were batched. */
function shuffled(rows: readonly RowOutline[], seed: number): readonly RowOutline[] {
  return rows
    .map((row) => ({ row, rank: deriveSeed([seed, DUPLICATE_STAGE, row.rowId]) }))
    .toSorted((a, b) => a.rank - b.rank || (a.row.rowId < b.row.rowId ? -1 : 1))
    .map(({ row }) => row);
}

function requireEnough(rows: number, numRows: number, sampled: number, shortfall: string | null): void {
  if (rows >= numRows) return;
  const found = `${rows} of the ${numRows} rows that the dataset is to have are there: ${sampled} were sampled and the others were dropped`;
  if (rows === 0) {
    const advice = 'The report says by which filters; loosen them, or sample more.';
    throw new DataError('data/no-rows', `${found}. ${shortfall?.trim() ? shortfall : advice}`);
  }
  if (shortfall === null || shortfall.trim() === '') {
    throw new DataError(
      'data/too-few-rows',
      `${found}. Sample further batches, loosen the filters that drop most, or ask for fewer rows.`,
    );
  }
}

function countDrops(drops: readonly { readonly by: string; readonly reason: string }[]): readonly DropCount[] {
  const counts = new Map<string, DropCount>();
  for (const { by, reason } of drops) {
    const key = canonicalJson([by, reason]);
    counts.set(key, { by, reason, rows: (counts.get(key)?.rows ?? 0) + 1 });
  }
  return [...counts.values()];
}

function byRows(a: DropCount, b: DropCount): number {
  return b.rows - a.rows || (`${a.by} ${a.reason}` < `${b.by} ${b.reason}` ? -1 : 1);
}
