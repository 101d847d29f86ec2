import type { ArtifactRef, Manifest } from '../../domain/artifact.ts';
import { synthesisShardName, type SynthesisStage } from '../../domain/artifact-names.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';
import type { BatchTask } from '../synthesis/batch.ts';

/** Rows of a batch after one stage. */
export function readBatch(
  { store }: RunServices,
  { run, batch }: BatchTask,
  stage: SynthesisStage,
): Promise<{ readonly ref: ArtifactRef; readonly manifest: Manifest; readonly rows: readonly SynthesisRow[] }> {
  return readArtifact<SynthesisRow>(store, synthesisShardName(run.runName, stage, batch));
}

/** The manifest of a batch's stage, where it is done. */
export function findBatch(
  { store }: RunServices,
  { run, batch }: BatchTask,
  stage: SynthesisStage,
): Promise<Manifest | undefined> {
  return store.find(synthesisShardName(run.runName, stage, batch));
}

/** Writes the rows of a batch after one stage, once. */
export async function writeBatch(
  { store }: RunServices,
  { run, batch }: BatchTask,
  stage: SynthesisStage,
  written: {
    readonly step: string;
    readonly parents: readonly ArtifactRef[];
    readonly policy: string | null;
    readonly rows: readonly SynthesisRow[];
    readonly summary: Readonly<Record<string, JsonValue>>;
  },
): Promise<void> {
  const { step, parents, policy, rows, summary } = written;
  await store.write({
    name: synthesisShardName(run.runName, stage, batch),
    schema: 'synthesis-row',
    step,
    parents,
    configHash: run.configHash,
    policy,
    shards: [rows],
    summary: { ...summary },
  });
}
