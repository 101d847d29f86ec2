import type { ArtifactStore } from '../clients/artifact-store.ts';
import { datasetName } from '../domain/artifact-names.ts';
import type { ArtifactRef } from '../domain/artifact.ts';
import { ConfigError } from '../domain/errors.ts';
import type { DatasetRow } from '../domain/synthesis/settle-dataset.ts';
import { refOf } from './read-artifact.ts';

/** A dataset that a config names by the run that made it. */
export interface NamedDataset {
  readonly ref: ArtifactRef;
  readonly rows: readonly DatasetRow[];
}

/**
 * Reads the dataset of a run of the same store.
 *
 * @param field of the config that names the run
 * @throws ConfigError `config/unusable` where it has none
 */
export async function readDataset(store: ArtifactStore, runName: string, field: string): Promise<NamedDataset> {
  const manifest = await store.find(datasetName(runName));
  if (manifest === undefined) {
    throw new ConfigError(
      'config/unusable',
      `${field} names the dataset of run "${runName}", and this run's store has none: correct the name (\`tickloop list\` shows the runs), or let that run end first, with the same store.root.`,
    );
  }
  const ref = refOf(manifest);
  return { ref, rows: await store.read<DatasetRow>(ref) };
}
