import { setImmediate as giveWay } from 'node:timers/promises';
import { rulesOf } from '../../configs/schema/synthesis-filters.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { synthesisShardName, synthesisVectorsName } from '../../domain/artifact-names.ts';
import { compareRows, type ComparedItem } from '../../domain/synthesis/compare-rows.ts';
import { NO_NEIGHBOUR } from '../../domain/synthesis/neighbours.ts';
import { queryOf } from '../../domain/synthesis/row-texts.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { embedQueries, type StoredVector } from './embed-queries.ts';
import { encodeVector } from './embed-texts.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { createIndex, createNeighbourPools, type ComparedBy, type NeighbourPool } from './neighbour-pool.ts';
import { refOf } from '../artifacts/read-artifact.ts';
import { rewriteBatch, type BatchCounts, type BatchTask } from './batch.ts';
import type { SynthesisServices, SynthesisServicesProvider } from './services.ts';

/** What comparing a batch cost and found. */
export interface CompareCounts extends BatchCounts {
  readonly calls: number;
  readonly promptTokens: number;
  /** 0: an embedding model writes nothing, in any of its calls. */
  readonly completionTokens: number;
  readonly silentCalls: number;
  /** Queries without an embedding, since the server refused them. */
  readonly refused: number;
  /** Queries that were compared, and the sum of their distances to the nearest one. */
  readonly compared: number;
  readonly distanceSum: number;
  /** The same by the temperature at which the queries were drawn. */
  readonly distances: Readonly<Record<string, { readonly compared: number; readonly distanceSum: number }>>;
}

/** Finds the nearest earlier query of each row of a batch, and applies the filters that need no reply. */
export function createCompareBatchActivities(provider: SynthesisServicesProvider) {
  const pools = createNeighbourPools();
  return {
    /**
     * Batches are compared in order: each with what the earlier ones kept.
     *
     * @throws ArtifactError `artifact/missing` when an earlier batch was not compared yet
     */
    async compareBatch(task: BatchTask): Promise<CompareCounts> {
      const services = await provider.of(task.run);
      return rewriteBatch(
        services,
        task,
        { from: 'tagged', to: 'compared', step: 'compare-batch' },
        async (rows, scope) => {
          const pool = await withHeartbeats(() => pools.before(services, task.run, task.batch));
          return compare(services, task, pool, rows, scope);
        },
      );
    },
  };
}

async function compare(
  services: SynthesisServices,
  task: BatchTask,
  pool: NeighbourPool,
  rows: readonly SynthesisRow[],
  scope: string,
) {
  const alive = rows.filter(({ dropped }) => dropped === undefined);
  const { itemOf, ...usage } = await readItems(services, alive, scope);
  const items = await withHeartbeats(() => lookUp(pool, rows, itemOf));
  const compared = compareRows(items, {
    knownTexts: pool.texts,
    index: emptyIndex(services, alive, itemOf),
    rules: rulesOf(services.quality.filters),
  });
  const distances = compared.flatMap(({ neighbour }) => neighbour?.minDistance ?? []);
  return {
    rows: compared,
    parents: [...(await previousBatch(services, task)), ...(await storeVectors(services, task, compared, itemOf))],
    counts: {
      ...usage,
      completionTokens: 0,
      silentCalls: usage.calls,
      compared: distances.length,
      distanceSum: distances.reduce((sum, value) => sum + value, 0),
      distances: byTemperature(compared),
    },
  };
}

function byTemperature(rows: readonly SynthesisRow[]): CompareCounts['distances'] {
  const sums: Record<string, { readonly compared: number; readonly distanceSum: number }> = {};
  for (const { origin, neighbour } of rows) {
    const distance = neighbour?.minDistance;
    if (typeof distance !== 'number') continue;
    const temperature = String(origin.temperature);
    const { compared, distanceSum } = sums[temperature] ?? { compared: 0, distanceSum: 0 };
    sums[temperature] = { compared: compared + 1, distanceSum: distanceSum + distance };
  }
  return sums;
}

type ItemOf = (row: SynthesisRow) => ComparedBy | null;

/** What the queries are compared by. */
async function readItems(services: SynthesisServices, alive: readonly SynthesisRow[], scope: string) {
  const { by } = services.quality.neighbours;
  if (typeof by === 'string') {
    const itemOf: ItemOf = (row) => (by === 'words' ? queryOf(row) : null);
    return { itemOf, calls: 0, promptTokens: 0, refused: 0 };
  }
  const { vectors, calls, promptTokens, refused } = await embedQueries(services, alive, scope);
  const itemOf: ItemOf = ({ rowId }) => vectors.get(rowId) ?? null;
  return { itemOf, calls, promptTokens, refused };
}

/** The nearest query of the earlier batches for each row. One at a time: a search holds up all else on this thread. */
async function lookUp(
  { index }: NeighbourPool,
  rows: readonly SynthesisRow[],
  itemOf: ItemOf,
): Promise<readonly ComparedItem<ComparedBy>[]> {
  const items: ComparedItem<ComparedBy>[] = [];
  for (const row of rows) {
    const item = row.dropped === undefined ? itemOf(row) : null;
    const [earlier] = item === null || index === null ? [] : index.nearest([item]);
    items.push({ row, item, earlier: item === null ? null : (earlier ?? NO_NEIGHBOUR) });
    if (index !== null) await giveWay();
  }
  return items;
}

function emptyIndex(services: SynthesisServices, alive: readonly SynthesisRow[], itemOf: ItemOf) {
  const first = alive.map(itemOf).find((item) => item !== null);
  // A batch is small: within it nothing has to be missed.
  return first === undefined ? null : createIndex(services, first, 'exact');
}

/** The manifest of a batch names the one before it: so the chain leads to all that it was compared with. */
async function previousBatch({ store }: SynthesisServices, { run, batch }: BatchTask): Promise<readonly ArtifactRef[]> {
  const manifest = batch === 0 ? undefined : await store.find(synthesisShardName(run.runName, 'compared', batch - 1));
  return manifest === undefined ? [] : [refOf(manifest)];
}

async function storeVectors(
  { store, seats, quality }: SynthesisServices,
  { run, batch }: BatchTask,
  rows: readonly SynthesisRow[],
  itemOf: ItemOf,
): Promise<readonly ArtifactRef[]> {
  if (typeof quality.neighbours.by === 'string') return [];
  const kept = rows.flatMap((row): StoredVector[] => {
    const item = row.dropped === undefined ? itemOf(row) : null;
    return item instanceof Float32Array ? [{ rowId: row.rowId, vector: encodeVector(item) }] : [];
  });
  const ref = await store.write({
    name: synthesisVectorsName(run.runName, batch),
    schema: 'query-vector',
    step: 'compare-batch',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [kept],
    summary: { model: seats.embedder?.name ?? '', rows: kept.length },
  });
  return [ref];
}
