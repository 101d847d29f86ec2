import { exactSearch, MetricKind } from 'usearch';
import { NO_NEIGHBOUR, settleDistance, type NeighbourIndex } from '../domain/synthesis/neighbours.ts';
import type { NearestNeighbour } from '../domain/synthesis/synthesis-row.ts';

/** First guess of how many vectors lie within the threshold; more are asked for where there are. */
const FIRST_SEARCH = 16;
const FIRST_CAPACITY = 256;
/** As many as the machine has: the search is linear in the vectors, and its result is the same. */
const ALL_THREADS = 0;

/**
 * Finds the nearest of earlier vectors by cosine distance, exactly: a graph index would be faster on millions, and would
 * have to be built anew by every attempt, which costs more than it saves.
 *
 * @param dimensions of every vector that is added or looked for
 * @throws RangeError for a vector of another length
 */
export function createVectorIndex(dimensions: number, repeatBelow: number): NeighbourIndex<Float32Array> {
  const rowIds: string[] = [];
  let vectors = new Float32Array(dimensions * FIRST_CAPACITY);

  const check = (vector: Float32Array): void => {
    if (vector.length !== dimensions) {
      throw new RangeError(`a vector of ${vector.length} dimensions among vectors of ${dimensions}`);
    }
  };

  const search = (vector: Float32Array, wanted: number): readonly (readonly [number, number])[] => {
    const count = Math.min(wanted, rowIds.length);
    const known = vectors.subarray(0, rowIds.length * dimensions);
    const { keys, distances } = exactSearch(known, vector, dimensions, count, MetricKind.Cos, ALL_THREADS);
    return Array.from(keys, (key, at) => [Number(key), settleDistance(distances[at] ?? 0, 2)] as const);
  };

  const nearestTo = (vector: Float32Array): NearestNeighbour => {
    check(vector);
    if (rowIds.length === 0) return NO_NEIGHBOUR;
    let wanted = FIRST_SEARCH;
    let found = search(vector, wanted);
    // The farthest of what was found is still a repeat, or as near as the nearest: there may be more of them.
    while (found.length < rowIds.length && mayHaveMore(found, repeatBelow)) {
      wanted *= 4;
      found = search(vector, wanted);
    }
    const [minDistance] = rangeOf(found);
    // Of several that are as near, the earliest; the search returns them in any order.
    const earliest = found.reduce(
      (first, [index, distance]) => (distance === minDistance ? Math.min(first, index) : first),
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
      const end = (rowIds.length + 1) * dimensions;
      if (end > vectors.length) {
        const larger = new Float32Array(vectors.length * 2);
        larger.set(vectors);
        vectors = larger;
      }
      vectors.set(vector, end - dimensions);
      rowIds.push(rowId);
    },
    nearest: (items) => items.map(nearestTo),
  };
}

function mayHaveMore(found: readonly (readonly [number, number])[], repeatBelow: number): boolean {
  const [nearest, farthest] = rangeOf(found);
  return farthest < repeatBelow || farthest === nearest;
}

/** Not by spreading: there may be more than a call takes arguments. */
function rangeOf(found: readonly (readonly [number, number])[]): readonly [number, number] {
  return found.reduce<readonly [number, number]>(
    ([nearest, farthest], [, distance]) => [Math.min(nearest, distance), Math.max(farthest, distance)],
    [Number.POSITIVE_INFINITY, 0],
  );
}
