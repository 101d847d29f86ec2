import type { ArtifactRef } from '../domain/artifact.ts';
import type { DatasetRow } from '../domain/synthesis/settle-dataset.ts';

/** A dataset that a config names by the run that made it. */
export interface NamedDataset {
  readonly ref: ArtifactRef;
  readonly rows: readonly DatasetRow[];
}

/** Reads the dataset of a run, which the given field of the config names; `undefined` where no store is at hand. */
export type DatasetReader = ((runName: string, field: string) => Promise<NamedDataset>) | undefined;
