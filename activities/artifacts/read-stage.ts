import type { ArtifactRef } from '../../domain/artifact.ts';
import { shardName, stageName } from '../../domain/artifact-names.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import type { JudgeRole, SampleStage } from '../../domain/run.ts';
import { readArtifact } from './read-artifact.ts';
import { readPrompts } from './read-prompts.ts';
import type { RunServices } from '../run-services.ts';

/** Which judged groups of a run are meant. */
export interface JudgedStage {
  readonly runName: string;
  readonly round: number;
  readonly stage: SampleStage;
  readonly shards: number;
  /** Whose verdicts: the judge's unless told otherwise. */
  readonly role?: JudgeRole;
}

/**
 * The prompts of a stage that have a judged group, with that group, in order of the prompts, and the artifacts they came
 * from. A turn of a refinement has groups only for the prompts that were still open.
 */
export async function readJudgedStage(
  services: RunServices,
  { runName, round, stage, shards, role = 'judge' }: JudgedStage,
): Promise<{
  readonly parents: readonly ArtifactRef[];
  readonly rows: readonly (readonly [PromptRow, JudgedGroup])[];
}> {
  const read = await Promise.all(
    Array.from({ length: shards }, async (_, shard) => {
      const prompts = await readPrompts(services, { runName, stage, round, shard }, role);
      const kind = role === 'judge' ? 'judged' : 'gold';
      const judged = await readArtifact<JudgedGroup>(
        services.store,
        shardName(stageName(runName, round, stage), kind, shard),
      );
      const groups = new Map(judged.rows.map((group) => [group.promptId, group]));
      const rows = prompts.rows.flatMap((prompt) => {
        const group = groups.get(prompt.promptId);
        return group === undefined ? [] : [[prompt, group] as const];
      });
      return { parents: [...prompts.parents, judged.ref], rows };
    }),
  );
  return { parents: read.flatMap(({ parents }) => parents), rows: read.flatMap(({ rows }) => rows) };
}

/** Shards of a stage that are judged, among the names of a run's artifacts. */
export function judgedShardCount(names: readonly string[], runName: string, round: number, stage: SampleStage): number {
  return names.filter((name) => name.startsWith(`${stageName(runName, round, stage)}/judged/`)).length;
}
