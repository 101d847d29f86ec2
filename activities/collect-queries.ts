import { resolve } from 'node:path';
import type { ArtifactStore } from '../clients/artifact-store.ts';
import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import { describeSource, type PromptSource } from '../configs/schema/prompt-source.ts';
import type { ArtifactRef } from '../domain/artifact.ts';
import type { CollectedQuery } from '../domain/bolt/bolt-query.ts';
import { addItems } from '../domain/checklist-writing/add-items.ts';
import { DataError } from '../domain/errors.ts';
import { toQueries } from '../domain/synthesis/dataset-prompts.ts';
import { readQueryFile, type PlacedQuery } from './bolt-files.ts';
import { readDataset } from './read-dataset.ts';

/** The queries of a curation as they were collected, and the datasets among their sources. */
export interface CollectedQueries {
  readonly rows: readonly CollectedQuery[];
  readonly datasets: readonly ArtifactRef[];
}

/**
 * Reads all sources of a curation, each with the items of `data.checklist`; ids are unique over all of them.
 *
 * @throws DataError `data/unreadable`, `data/invalid-row`, `data/duplicate-prompt`; ConfigError `config/unusable`
 */
export async function collectQueries(
  store: ArtifactStore,
  sources: readonly PromptSource[],
  { data }: BoltConfig,
): Promise<CollectedQueries> {
  const read = await Promise.all(sources.map((source) => readSource(store, source)));
  const rows = read.flatMap(({ queries }) => queries);
  requireUniqueIds(rows);
  return {
    rows: rows.map(({ row }) => ({ ...row, checklist: addItems(row.checklist, data.checklist ?? []) })),
    datasets: read.flatMap(({ ref }) => ref ?? []),
  };
}

async function readSource(
  store: ArtifactStore,
  source: PromptSource,
): Promise<{ readonly queries: readonly PlacedQuery[]; readonly ref?: ArtifactRef }> {
  if (typeof source === 'string') return { queries: await readQueryFile(resolve(source)) };
  const { ref, rows } = await readDataset(store, source.dataset, 'curation.queries');
  const queries = toQueries(rows, source.dataset);
  return {
    ref,
    queries: queries.map((row, index) => ({ where: `Row ${index + 1} of ${describeSource(source)}`, row })),
  };
}

function requireUniqueIds(rows: readonly PlacedQuery[]): void {
  const places = new Map<string, string>();
  for (const { where, row } of rows) {
    const earlier = places.get(row.promptId);
    if (earlier !== undefined) {
      throw new DataError(
        'data/duplicate-prompt',
        `${where} repeats promptId "${row.promptId}" of ${earlier}: ids must be unique over all query sets.`,
      );
    }
    places.set(row.promptId, where);
  }
}
