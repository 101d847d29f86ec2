import { baselineNames, policyNames } from '../../configs/schema/wildbench.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { comparedPolicyPrefix, promptSetPrefix, shardName, storedAnswersPrefix } from '../../domain/artifact-names.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { cleanAnswer } from '../../domain/wildbench/clean-answer.ts';
import { taskOfRow, type TaskRow } from '../../domain/wildbench/task-row.ts';
import type { WildBenchTask } from '../../domain/wildbench/task.ts';
import type { StoredAnswer } from '../../inputs/task-files.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';

/** Answers of a policy or a baseline by session; a task whose call failed has none. */
export type Answers = ReadonlyMap<string, string>;

/** The tasks of a shard. */
export async function readShardTasks(
  { store }: RunServices,
  runName: string,
  shard: number,
): Promise<{ readonly ref: ArtifactRef; readonly tasks: readonly WildBenchTask[] }> {
  const name = shardName(promptSetPrefix(runName, 'prompts'), 'prompts', shard);
  const { ref, rows } = await readArtifact<TaskRow>(store, name);
  return { ref, tasks: rows.map(taskOfRow) };
}

/** What a policy answered to the tasks of a shard. */
export async function readPolicyAnswers(
  { store }: RunServices,
  runName: string,
  policyName: string,
  shard: number,
): Promise<{ readonly ref: ArtifactRef; readonly answers: Answers; readonly policy: string | null }> {
  const name = shardName(comparedPolicyPrefix(runName, policyName), 'rollouts', shard);
  const { ref, rows, manifest } = await readArtifact<Rollout>(store, name);
  const answers = new Map(
    rows.flatMap(({ promptId, outcome }) => (outcome.ok ? [[promptId, cleanAnswer(outcome.text)] as const] : [])),
  );
  return { ref, answers, policy: manifest.policy };
}

/** Answers of every baseline that a policy is compared with: all but itself. */
export async function readBaselines(
  services: RunServices,
  runName: string,
  policyName: string,
  shard: number,
): Promise<readonly { readonly name: string; readonly ref: ArtifactRef; readonly answers: Answers }[]> {
  const config = configOfLoop(services.config, 'wildbench');
  const others = baselineNames(config).filter((name) => name !== policyName);
  return Promise.all(
    others.map(async (name) => {
      if (policyNames(config).includes(name))
        return { name, ...(await readPolicyAnswers(services, runName, name, shard)) };
      const stored = shardName(storedAnswersPrefix(runName, name), 'answers', shard);
      const { ref, rows } = await readArtifact<StoredAnswer>(services.store, stored);
      return { name, ref, answers: new Map(rows.map(({ sessionId, answer }) => [sessionId, cleanAnswer(answer)])) };
    }),
  );
}
