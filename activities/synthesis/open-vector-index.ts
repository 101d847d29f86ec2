import { createVectorIndex } from '../../clients/vector-index.ts';
import { DataError } from '../../domain/errors.ts';
import type { NeighbourIndex, VectorIndexKind } from '../../domain/synthesis/neighbours.ts';

/** What an index is for. */
export interface IndexedVectors {
  /** The embedding model. */
  readonly model: string;
  /** What is embedded: `query`. */
  readonly what: string;
  /** Of the first vector. */
  readonly dimensions: number;
  readonly repeatBelow: number;
  readonly kind?: VectorIndexKind;
}

/**
 * An empty index that refuses vectors of another model.
 *
 * @throws DataError `data/mixed-scorers`, when a vector is added or looked for that has other dimensions
 */
export function openVectorIndex({
  model,
  what,
  dimensions,
  repeatBelow,
  kind,
}: IndexedVectors): NeighbourIndex<Float32Array> {
  const index = createVectorIndex(dimensions, repeatBelow, kind);
  const check = (vector: Float32Array): Float32Array => {
    if (vector.length === dimensions) return vector;
    throw new DataError(
      'data/mixed-scorers',
      `${model} embedded a ${what} in ${vector.length} dimensions, and earlier ones of the run in ${dimensions}: its server holds another model than before. Serve the first one again, or start a run under another name.`,
    );
  };
  return {
    get size() {
      return index.size;
    },
    add: (rowId, vector) => index.add(rowId, check(vector)),
    nearest: (vectors) => index.nearest(vectors.map(check)),
  };
}
