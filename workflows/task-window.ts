import { continueAsNew } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { addCounts, type PromptSet, type RolloutCounts, type RunRef } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { LoopControl } from './loop-control.ts';
import { workThroughShards } from './shard-pipeline.ts';

export interface TaskWindowInput {
  readonly run: RunRef;
  readonly config: OnlineDpoConfig;
  readonly round: number;
  readonly policy: PolicyVersion;
  readonly tasks: PromptSet;
  /** Version that the answers are compared with. */
  readonly initialRound: number;
  /** First shard to do: those before it are done. */
  readonly nextShard: number;
  readonly counts: RolloutCounts;
}

/** Continue as new well before the server insists (4,096 events), at about 12 events a shard. */
const SHARDS_PER_RUN = 150;

/** Lets one version answer tasks and a judge score and compare the answers, shard by shard. */
export async function taskWindowWorkflow(input: TaskWindowInput): Promise<RolloutCounts> {
  const { run, config, round, policy, tasks, initialRound, nextShard } = input;
  const { respond, judgeTasks } = modelActivities(config.temporal.taskQueue);
  const control = new LoopControl(initialProgress(config.loop, { stage: 'evaluate', rounds: config.rounds, round }));
  const endShard = Math.min(tasks.shards, nextShard + SHARDS_PER_RUN);
  let { counts } = input;
  let done = nextShard;
  const report = () => control.report({ done, total: tasks.shards, counts });

  const work = async (shard: number): Promise<void> => {
    await respond({ run, stage: 'tasks', round, shard, policy });
    counts = addCounts(counts, await judgeTasks({ run, round, shard, initialRound }));
    done += 1;
    report();
  };

  report();
  await workThroughShards({ control, firstShard: nextShard, endShard, inFlight: config.shards.inFlight, work });
  if (endShard < tasks.shards)
    await continueAsNew<typeof taskWindowWorkflow>({ ...input, nextShard: endShard, counts });
  return counts;
}
