import { exactSearch, Index, MetricKind, ScalarKind } from 'usearch';
import { settleDistance } from '../domain/synthesis/neighbours.ts';

/** Place of a vector among those that were added, from 0 on, and its cosine distance in [0, 2]. */
export type FoundVector = readonly [place: number, distance: number];

/** Vectors, and which of them lie near another one. */
export interface VectorSearch {
  add(vector: Float32Array): void;
  /** At most `wanted` of the nearest, in any order. */
  find(vector: Float32Array, wanted: number): readonly FoundVector[];
}

const FIRST_CAPACITY = 256;
/** As many as the machine has: the search is linear in the vectors, and its result is the same. */
const ALL_THREADS = 0;
/** With more than one, the order of insertions is that of the threads, and the graph another one each time. */
const ONE_THREAD = 1;

/** Looks at every vector: the time of a search grows with their number. */
export function createExactSearch(dimensions: number): VectorSearch {
  let vectors = new Float32Array(dimensions * FIRST_CAPACITY);
  let size = 0;
  return {
    add(vector) {
      const end = (size + 1) * dimensions;
      if (end > vectors.length) {
        const larger = new Float32Array(vectors.length * 2);
        larger.set(vectors);
        vectors = larger;
      }
      vectors.set(vector, end - dimensions);
      size += 1;
    },
    find(vector, wanted) {
      const known = vectors.subarray(0, size * dimensions);
      const count = Math.min(wanted, size);
      const { keys, distances } = exactSearch(known, vector, dimensions, count, MetricKind.Cos, ALL_THREADS);
      return pair(keys, distances);
    },
  };
}

/**
 * Follows a graph of neighbours: the time of a search hardly grows with the number of vectors, and some of the nearest may
 * be missed. The distances of those that are found are computed from the vectors themselves. The same vectors, added in the
 * same order, give the same graph and the same answers, whatever was looked for in between.
 *
 * @source Malkov and Yashunin, HNSW (arXiv 1603.09320), as usearch has it
 */
export function createHnswSearch(dimensions: number): VectorSearch {
  const index = new Index({
    dimensions,
    metric: MetricKind.Cos,
    quantization: ScalarKind.F32,
    connectivity: 16,
    expansion_add: 128,
    expansion_search: 128,
    multi: false,
  });
  return {
    add: (vector) => index.add(BigInt(index.size()), vector, ONE_THREAD),
    find(vector, wanted) {
      const { keys, distances } = index.search(vector, wanted, ONE_THREAD);
      return pair(keys, distances);
    },
  };
}

function pair(keys: BigUint64Array, distances: Float32Array): readonly FoundVector[] {
  return Array.from(keys, (key, at) => [Number(key), settleDistance(distances[at] ?? 0, 2)] as const);
}
