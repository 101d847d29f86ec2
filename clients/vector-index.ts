import { NO_NEIGHBOUR, type NeighbourIndex, type VectorIndexKind } from '../domain/synthesis/neighbours.ts';
import type { NearestNeighbour } from '../domain/synthesis/synthesis-row.ts';
import { createExactSearch, createHnswSearch, type FoundVector } from './vector-search.ts';

/** First guess of how many vectors lie within the threshold; more are asked for where there are. */
const FIRST_SEARCH = 16;

/**
 * Finds the nearest of earlier vectors by cosine distance. With kind `exact` it misses none. With `hnsw` a neighbour is one
 * that the graph led to: its distance is true, a nearer one may have been missed, and `repeatCount` counts the repeats that
 * were found, at most as many as there are.
 *
 * @param dimensions of every vector that is added or looked for
 * @throws RangeError for a vector of another length
 */
export function createVectorIndex(
  dimensions: number,
  repeatBelow: number,
  kind: VectorIndexKind = 'exact',
): NeighbourIndex<Float32Array> {
  const rowIds: string[] = [];
  const vectors = kind === 'exact' ? createExactSearch(dimensions) : createHnswSearch(dimensions);

  const check = (vector: Float32Array): void => {
    if (vector.length !== dimensions) {
      throw new RangeError(`a vector of ${vector.length} dimensions among vectors of ${dimensions}`);
    }
  };

  const nearestTo = (vector: Float32Array): NearestNeighbour => {
    check(vector);
    if (rowIds.length === 0) return NO_NEIGHBOUR;
    let wanted = FIRST_SEARCH;
    let found = vectors.find(vector, wanted);
    // The farthest of what was found is still a repeat, or as near as the nearest: there may be more of them. A graph that
    // gives fewer than were wanted leads to no others.
    while (found.length === wanted && found.length < rowIds.length && mayHaveMore(found, repeatBelow)) {
      wanted *= 4;
      found = vectors.find(vector, wanted);
    }
    const [minDistance] = rangeOf(found);
    // Of several that are as near, the earliest; the search returns them in any order.
    const earliest = found.reduce(
      (first, [place, distance]) => (distance === minDistance ? Math.min(first, place) : first),
      Number.POSITIVE_INFINITY,
    );
    return {
      minDistance,
      rowId: rowIds[earliest] ?? null,
      repeatCount: found.filter(([, distance]) => distance < repeatBelow).length,
    };
  };

  return {
    get size() {
      return rowIds.length;
    },
    add(rowId, vector) {
      check(vector);
      vectors.add(vector);
      rowIds.push(rowId);
    },
    nearest: (items) => items.map(nearestTo),
  };
}

function mayHaveMore(found: readonly FoundVector[], repeatBelow: number): boolean {
  const [nearest, farthest] = rangeOf(found);
  return farthest < repeatBelow || farthest === nearest;
}

/** Not by spreading: there may be more than a call takes arguments. */
function rangeOf(found: readonly FoundVector[]): readonly [number, number] {
  return found.reduce<readonly [number, number]>(
    ([nearest, farthest], [, distance]) => [Math.min(nearest, distance), Math.max(farthest, distance)],
    [Number.POSITIVE_INFINITY, 0],
  );
}
