import { findBroken } from './check-row.ts';
import type { FilterRule } from './filter-rule.ts';
import { nearerOf, type NeighbourIndex } from './neighbours.ts';
import { queryOf } from './row-texts.ts';
import { duplicateKey } from './screen-query.ts';
import type { DroppedRow, NearestNeighbour, SynthesisRow } from './synthesis-row.ts';

/** A row with what it is compared by; `null` where that could not be had. */
export interface ComparedItem<Item> {
  readonly row: SynthesisRow;
  readonly item: Item | null;
  /** The nearest kept query of the earlier batches; `null` where nothing was compared. */
  readonly earlier: NearestNeighbour | null;
}

/** What queries are compared with. */
export interface CompareBasis<Item> {
  /** Normalised texts of the kept queries of earlier batches, with the row that has each. */
  readonly knownTexts: ReadonlyMap<string, string>;
  /** Empty; takes the queries of this batch that are kept, as they come. `null` where only equal texts count. */
  readonly index: NeighbourIndex<Item> | null;
  readonly rules: readonly FilterRule[];
}

/** The form in which two queries are the same: case, blanks and the marks at the end make no difference. All others do: "C++" is no "C". */
export function exactKey(query: string): string {
  return duplicateKey(query).replace(/[.!?\s]+$/u, '') || query;
}

/**
 * Compares each query with the kept ones that came before, in this batch and in earlier ones, and drops it where it repeats
 * one or meets a filter no more. The order of the rows decides, and how they are cut into batches does not.
 *
 * @source Magpie (arXiv 2406.08464) §3.2, gen_dis. Departures: a query is held against those that were kept and no other,
 *   so that a copy of a copy is not lost when its own original is far away; no number of copies is too large to be counted;
 *   equal texts are dropped by their text, whatever the model says of their distance
 */
export function compareRows<Item>(
  items: readonly ComparedItem<Item>[],
  { knownTexts, index, rules }: CompareBasis<Item>,
): readonly SynthesisRow[] {
  const ownTexts = new Map<string, string>();
  return items.map(({ row, item, earlier }) => {
    if (row.dropped !== undefined) return row;
    const text = exactKey(queryOf(row));
    const twin = knownTexts.get(text) ?? ownTexts.get(text);
    const neighbour = twin === undefined ? findNeighbour(item, earlier, index) : atZero(twin, item, earlier, index);
    const compared: SynthesisRow = neighbour === null ? row : { ...row, neighbour };
    const dropped: DroppedRow | null =
      twin === undefined ? findBroken(compared, rules, 'query') : { by: 'duplicates', reason: 'equal text' };
    if (dropped !== null) return { ...compared, dropped };
    ownTexts.set(text, row.rowId);
    if (item !== null) index?.add(row.rowId, item);
    return compared;
  });
}

function findNeighbour<Item>(
  item: Item | null,
  earlier: NearestNeighbour | null,
  index: NeighbourIndex<Item> | null,
): NearestNeighbour | null {
  if (item === null || earlier === null || index === null) return null;
  const [own] = index.nearest([item]);
  return own === undefined ? earlier : nearerOf(earlier, own);
}

/** Equal texts are at no distance, although a model may embed them differently in another batch. */
function atZero<Item>(
  twin: string,
  item: Item | null,
  earlier: NearestNeighbour | null,
  index: NeighbourIndex<Item> | null,
): NearestNeighbour {
  const found = findNeighbour(item, earlier, index);
  return { minDistance: 0, rowId: twin, repeatCount: Math.max(1, found?.repeatCount ?? 1) };
}
