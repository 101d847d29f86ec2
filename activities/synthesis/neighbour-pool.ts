import pLimit from 'p-limit';
import { repeatDistance } from '../../configs/schema/synthesis-quality.ts';
import { synthesisShardName, synthesisVectorsName } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import { exactKey } from '../../domain/synthesis/compare-rows.ts';
import type { NeighbourIndex, VectorIndexKind } from '../../domain/synthesis/neighbours.ts';
import { queryOf } from '../../domain/synthesis/row-texts.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { createWordIndex } from '../../domain/synthesis/word-index.ts';
import type { StoredVector } from './embed-queries.ts';
import { decodeVector } from './embed-texts.ts';
import { openVectorIndex } from './open-vector-index.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { SynthesisServices } from './services.ts';

/** What a query is compared by: its text, or its vector. */
export type ComparedBy = string | Float32Array;

/** The kept queries of the first batches of a run. */
export interface NeighbourPool {
  /** How many batches it holds. */
  batches: number;
  readonly texts: Map<string, string>;
  /** `null` where only equal texts count, and before there is a vector. */
  index: NeighbourIndex<ComparedBy> | null;
}

/** Pools that a worker keeps: those of the runs that it worked on last. */
const MOST_POOLS = 4;

/** Builds pools out of artifacts, and keeps that of each run, so that a batch reads only what came since the last. */
export function createNeighbourPools() {
  const pools = new Map<string, NeighbourPool>();
  const oneAtATime = pLimit(1);
  return {
    /**
     * The kept queries of all batches before this one.
     *
     * @throws ArtifactError `artifact/missing` when an earlier batch was not compared yet: batches are compared in order
     */
    before: (services: SynthesisServices, run: RunRef, batch: number): Promise<NeighbourPool> =>
      oneAtATime(async () => {
        const key = JSON.stringify([run.storeRoot, run.runName, run.configHash]);
        const known = pools.get(key);
        // What is compared again is held against what was there then, and not against what came after.
        const pool =
          known !== undefined && known.batches <= batch
            ? known
            : { batches: 0, texts: new Map<string, string>(), index: null };
        while (pool.batches < batch) await addBatch(pool, services, run, pool.batches);
        if (known === undefined || pool === known) {
          // Set anew, so that the first key is that of the run that was left alone the longest.
          pools.delete(key);
          pools.set(key, pool);
        }
        for (const oldest of pools.keys()) {
          if (pools.size <= MOST_POOLS) break;
          pools.delete(oldest);
        }
        return pool;
      }),
  };
}

async function addBatch(
  pool: NeighbourPool,
  services: SynthesisServices,
  { runName }: RunRef,
  batch: number,
): Promise<void> {
  const { store, quality } = services;
  const compared = await readArtifact<SynthesisRow>(store, synthesisShardName(runName, 'compared', batch));
  const kept = compared.rows.filter(({ dropped }) => dropped === undefined);
  const { by, index } = quality.neighbours;
  const items = new Map<string, ComparedBy>();
  if (typeof by !== 'string') {
    const vectors = await readArtifact<StoredVector>(store, synthesisVectorsName(runName, batch));
    for (const { rowId, vector } of vectors.rows) items.set(rowId, decodeVector(vector));
  }
  for (const row of kept) {
    const query = queryOf(row);
    const text = exactKey(query);
    if (!pool.texts.has(text)) pool.texts.set(text, row.rowId);
    const item = by === 'words' ? query : items.get(row.rowId);
    if (item === undefined) continue;
    // In the order of the rows, one after the other: whoever builds it anew has the same graph.
    pool.index ??= createIndex(services, item, index);
    pool.index.add(row.rowId, item);
  }
  pool.batches = batch + 1;
}

/** An empty index for items like this one; texts are always searched exactly. */
export function createIndex(
  { quality, seats }: SynthesisServices,
  item: ComparedBy,
  kind: VectorIndexKind,
): NeighbourIndex<ComparedBy> {
  const { neighbours } = quality;
  if (typeof item === 'string') {
    return createWordIndex(neighbours.shingleWords, repeatDistance(neighbours));
  }
  const index = openVectorIndex({
    model: seats.embedder?.name ?? 'The embedding model',
    what: 'query',
    dimensions: item.length,
    repeatBelow: repeatDistance(neighbours),
    kind,
  });
  return {
    get size() {
      return index.size;
    },
    add: (rowId, vector) => index.add(rowId, vector as Float32Array),
    nearest: (vectors) => index.nearest(vectors as readonly Float32Array[]),
  };
}
