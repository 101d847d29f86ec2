import type { ArtifactStore } from '../clients/artifact-store.ts';
import type { ArtifactRef } from '../domain/artifact.ts';
import { promptSetName, promptSetOf, shardName, stageName } from '../domain/artifact-names.ts';
import type { PromptRow } from '../domain/prompt.ts';
import type { JudgedGroup } from '../domain/rollout.ts';
import type { SampleStage } from '../domain/run.ts';
import { zipStrict } from '../domain/zip-strict.ts';
import { readArtifact } from './read-artifact.ts';

/** The prompts of a stage with their judged groups, in order, and the artifacts they came from. */
export async function readJudgedStage(
  store: ArtifactStore,
  place: { readonly runName: string; readonly round: number; readonly stage: SampleStage; readonly shards: number },
): Promise<{
  readonly parents: readonly ArtifactRef[];
  readonly rows: readonly (readonly [PromptRow, JudgedGroup])[];
}> {
  const shards = await Promise.all(
    Array.from({ length: place.shards }, async (_, shard) => {
      const prompts = await readArtifact<PromptRow>(
        store,
        shardName(promptSetName(place.runName, promptSetOf(place.stage)), 'prompts', shard),
      );
      const judged = await readArtifact<JudgedGroup>(
        store,
        shardName(stageName(place.runName, place.round, place.stage), 'judged', shard),
      );
      return { parents: [prompts.ref, judged.ref], rows: zipStrict(prompts.rows, judged.rows) };
    }),
  );
  return { parents: shards.flatMap(({ parents }) => parents), rows: shards.flatMap(({ rows }) => rows) };
}

/** Shards of a stage that are judged, among the names of a run's artifacts. */
export function judgedShardCount(names: readonly string[], runName: string, round: number, stage: SampleStage): number {
  return names.filter((name) => name.startsWith(`${stageName(runName, round, stage)}/judged/`)).length;
}
