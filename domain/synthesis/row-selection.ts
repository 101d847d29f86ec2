import type { RowOutline } from './row-outline.ts';
import type { Difficulty } from './synthesis-row.ts';

/** How the rows of the dataset are taken out of those that were kept. */
export interface RowSelection {
  /** `longest` takes the rows with the longest replies, `first` those that came first. */
  readonly take: 'first' | 'longest';
  /** Rows to keep for each row of the dataset, 1 or more: `longest` chooses among them. */
  readonly oversample: number;
  /** Shares of the dataset by difficulty, summing to 1; a row of none of them is not taken. */
  readonly mix?: readonly DifficultyShare[] | undefined;
}

export interface DifficultyShare {
  readonly difficulties: readonly Difficulty[];
  /** (0, 1]. */
  readonly share: number;
}

/** Rows that were taken, in the order in which they came, and what became of the others. */
export interface TakenRows {
  readonly taken: readonly RowOutline[];
  readonly left: { readonly shorter: number; readonly surplus: number; readonly outsideMix: number };
  /** Rows by which each part of the mix is short of its share; other parts have filled them where they could. */
  readonly shortOfMix: readonly number[];
}

/** Rows that have to be kept before `numRows` are taken out of them. */
export function rowsToKeep(numRows: number, { oversample }: RowSelection): number {
  return Math.ceil(numRows * oversample);
}

/**
 * Takes exactly `numRows` rows, or all there are. The order of what is taken is that of the rows: shuffling is for whoever
 * writes the dataset.
 *
 * @source Magpie (arXiv 2406.08464) table 5 and its notebook: longest replies in characters (code points, as Python counts
 *   them). Departure: equal lengths are settled by row id, so that the order of the rows makes no difference
 */
export function takeRows(rows: readonly RowOutline[], numRows: number, { take, mix }: RowSelection): TakenRows {
  const alive = rows.filter(({ dropped }) => dropped === undefined);
  const ranked = take === 'longest' ? rankByLength(alive) : alive;
  const parts = mix === undefined ? [ranked] : mix.map((part) => ranked.filter((row) => isOf(row, part)));
  const quotas = mix === undefined ? [numRows] : splitByShare(numRows, mix);
  const chosen = new Set(parts.flatMap((part, index) => part.slice(0, quotas[index])));
  const shortOfMix = parts.map((part, index) => Math.max(0, (quotas[index] ?? 0) - part.length));
  const eligible = mix === undefined ? ranked : ranked.filter((row) => mix.some((part) => isOf(row, part)));
  // What one part lacks, the best of the others make up.
  for (const row of mix === undefined ? [] : eligible) {
    if (chosen.size >= numRows) break;
    chosen.add(row);
  }
  const outsideMix = alive.length - eligible.length;
  const rest = eligible.length - chosen.size;
  return {
    taken: alive.filter((row) => chosen.has(row)),
    left: { shorter: take === 'longest' ? rest : 0, surplus: take === 'first' ? rest : 0, outsideMix },
    shortOfMix: mix === undefined ? [] : shortOfMix,
  };
}

/** Says by how many rows the parts of a mix are short of their shares; `null` where none is. */
export function describeMixShortfall({ taken, shortOfMix }: TakenRows, { mix }: RowSelection): string | null {
  const short = (mix ?? []).flatMap(({ difficulties }, index) => {
    const missing = shortOfMix[index] ?? 0;
    return missing === 0 ? [] : [`${missing} rows of difficulty ${difficulties.join(' or ')}`];
  });
  if (short.length === 0) return null;
  return `Of the mix of difficulties that the filter preset asks for, ${short.join(' and ')} are missing among the ${taken.length} rows that were taken: too few were kept, and rows of the other difficulties fill their places where there are any. Keep more rows for each row of the dataset (quality.filters.select.oversample), or start a run with more batches under another name.`;
}

function rankByLength(rows: readonly RowOutline[]): readonly RowOutline[] {
  return rows.toSorted((a, b) => b.replyChars - a.replyChars || (a.rowId < b.rowId ? -1 : 1));
}

function isOf({ difficulty }: RowOutline, { difficulties }: DifficultyShare): boolean {
  return difficulty !== null && difficulties.includes(difficulty);
}

/** Whole numbers that sum to `total`: what rounding down leaves over goes to the largest remainders. */
function splitByShare(total: number, mix: readonly DifficultyShare[]): readonly number[] {
  const exact = mix.map(({ share }) => share * total);
  const quotas = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.index - b.index);
  let left = total - quotas.reduce((sum, quota) => sum + quota, 0);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    quotas[index] = (quotas[index] ?? 0) + 1;
    left -= 1;
  }
  return quotas;
}
