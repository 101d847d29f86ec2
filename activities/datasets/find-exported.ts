import type { ArtifactStore } from '../../clients/artifact-store.ts';
import { boltName, datasetName, preferencesName } from '../../domain/artifact-names.ts';
import type { Manifest } from '../../domain/artifact.ts';
import type { TableRow } from '../../domain/dataset-export/column-types.ts';
import { toRecord } from '../../domain/dataset-export/dataset-record.ts';
import type { ExportArtifact } from '../../domain/dataset-export/export-plan.ts';
import { publicStamp } from '../../domain/dataset-export/public-facts.ts';
import { ArtifactError, DataError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';
import type { DatasetRow } from '../../domain/synthesis/settle-dataset.ts';
import { refOf } from '../artifacts/read-artifact.ts';

/** Rows as they are exported, and the artifacts that hold them. */
export interface ExportedRows {
  readonly count: number;
  /** All rows from the first on, some at a time: those of a large dataset do not fit into memory. */
  read(): AsyncIterable<readonly TableRow[]>;
  readonly manifests: readonly Manifest[];
}

const WHO_MAKES: Readonly<Record<ExportArtifact, string>> = {
  dataset: 'a run that synthesizes instructions ends with one',
  preferences: 'a synthesis with a preference recipe has some, and every round of online training by DPO has pairs',
  'sft-rows': 'a run of BOLT has them after its first stage',
};

/**
 * Finds what is to be exported.
 *
 * @throws ArtifactError `artifact/missing` where the run has none, DataError `data/no-rows` where it is empty
 */
export function findExported(store: ArtifactStore, run: RunRef, artifact: ExportArtifact): Promise<ExportedRows>;
/** The same where the run may have none; `undefined` then. */
export function findExported(
  store: ArtifactStore,
  run: RunRef,
  artifact: ExportArtifact,
  options: { readonly isOptional: true },
): Promise<ExportedRows | undefined>;
export async function findExported(
  store: ArtifactStore,
  { runName }: RunRef,
  artifact: ExportArtifact,
  { isOptional = false }: { readonly isOptional?: boolean } = {},
): Promise<ExportedRows | undefined> {
  const manifests = await findManifests(store, runName, artifact);
  const count = manifests.reduce((sum, { rows }) => sum + rows, 0);
  if (count > 0) return { count, manifests, read: () => readTables(store, manifests, artifact) };
  if (isOptional) return undefined;
  if (manifests.length > 0) throw new DataError('data/no-rows', `The ${artifact} of run "${runName}" have no row.`);
  throw new ArtifactError(
    'artifact/missing',
    `Run "${runName}" has no ${artifact} to export: ${WHO_MAKES[artifact]}. Choose another --artifact, or let the run come that far.`,
  );
}

async function* readTables(
  store: ArtifactStore,
  manifests: readonly Manifest[],
  artifact: ExportArtifact,
): AsyncGenerator<readonly TableRow[], void> {
  for (const manifest of manifests) {
    for await (const rows of store.readShards<TableRow>(refOf(manifest))) {
      yield rows.map((row) => (artifact === 'dataset' ? toRecord(row as unknown as DatasetRow) : withPublicStamp(row)));
    }
  }
}

/** The stamp of a base model that a server names by its folder would tell that folder. */
function withPublicStamp(row: TableRow): TableRow {
  return typeof row['policy'] === 'string' ? { ...row, policy: publicStamp(row['policy']) } : row;
}

async function findManifests(
  store: ArtifactStore,
  runName: string,
  artifact: ExportArtifact,
): Promise<readonly Manifest[]> {
  const names = await namesOf(store, runName, artifact);
  const found = await Promise.all(names.map((name) => store.find(name)));
  return found.flatMap((manifest) => manifest ?? []);
}

async function namesOf(store: ArtifactStore, runName: string, artifact: ExportArtifact): Promise<readonly string[]> {
  switch (artifact) {
    case 'dataset':
      return [datasetName(runName)];
    case 'sft-rows':
      return [boltName(runName, 'sft-rows')];
    case 'preferences': {
      const own = preferencesName(runName);
      if ((await store.find(own)) !== undefined) return [own];
      return (await store.list(runName)).filter((name) => /\/round-\d+\/pairs$/.test(name));
    }
  }
}
