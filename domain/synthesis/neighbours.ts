import type { NearestNeighbour } from './synthesis-row.ts';

/** Queries that came before, of which the nearest is looked for. */
export interface NeighbourIndex<Item> {
  readonly size: number;
  add(rowId: string, item: Item): void;
  /** For each item the nearest of those that were added, in order. */
  nearest(items: readonly Item[]): readonly NearestNeighbour[];
}

/** How vectors are searched: each of them, or along a graph that may miss some of the nearest. */
export const VECTOR_INDEX_KINDS = ['exact', 'hnsw'] as const;
export type VectorIndexKind = (typeof VECTOR_INDEX_KINDS)[number];

/** Nobody came before. */
export const NO_NEIGHBOUR: NearestNeighbour = { minDistance: null, rowId: null, repeatCount: 0 };

/** Distances closer than this are equal: they are computed with 32 bits. */
const DECIMALS = 6;

/** A distance in [0, `largest`] without the noise of its arithmetic, so that an exact copy is at 0. */
export function settleDistance(distance: number, largest: number): number {
  return Number(Math.min(largest, Math.max(0, distance)).toFixed(DECIMALS));
}

/** The nearer of two neighbours; at equal distance the first, which came earlier. */
export function nearerOf(earlier: NearestNeighbour, later: NearestNeighbour): NearestNeighbour {
  const repeatCount = earlier.repeatCount + later.repeatCount;
  if (earlier.minDistance === null) return { ...later, repeatCount };
  const isLaterNearer = later.minDistance !== null && later.minDistance < earlier.minDistance;
  return { ...(isLaterNearer ? later : earlier), repeatCount };
}
