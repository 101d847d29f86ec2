import type { ArtifactStore } from '../../clients/artifact-store.ts';
import { datasetName } from '../../domain/artifact-names.ts';
import { ConfigError } from '../../domain/errors.ts';
import type { DatasetRow } from '../../domain/synthesis/settle-dataset.ts';
import type { DatasetReader, NamedDataset } from '../../inputs/dataset-reader.ts';
import { refOf } from '../artifacts/read-artifact.ts';

/** Reads datasets from a store. */
export function datasetReader(store: ArtifactStore): DatasetReader {
  return (runName, field) => readDataset(store, runName, field);
}

/**
 * Reads the dataset of a run of the same store.
 *
 * @param field of the config that names the run
 * @throws ConfigError `config/unusable` where it has none
 */
async function readDataset(store: ArtifactStore, runName: string, field: string): Promise<NamedDataset> {
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
