import { workflowInfo } from '@temporalio/workflow';
import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import { onlineConfigOf } from '../domain/bolt/online-config.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { promptSet, type Evaluation, type OpenedRun, type RolloutCounts, type RunRef } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { holdIfTooManyHoles } from './limits.ts';
import type { LoopControl } from './loop-control.ts';
import { shardWindowWorkflow, wholeWindow } from './shard-window.ts';

export interface MeasureInput {
  readonly run: RunRef;
  readonly config: BoltConfig;
  readonly opened: OpenedRun;
  readonly policy: PolicyVersion;
}

export interface Measured {
  readonly counts: RolloutCounts;
  readonly evaluation: Evaluation;
}

/** Measures one policy version of a BOLT run on the held-out prompts, and lets it answer the queries that are followed. */
export async function measurePolicy(control: LoopControl, input: MeasureInput): Promise<Measured> {
  const { run, config, opened, policy } = input;
  const { round } = policy;
  const { respond, judge, measureHeldOut } = modelActivities(config.temporal.taskQueue);
  const prompts = promptSet(opened, 'held-out');
  control.report({ stage: 'evaluate', round });
  const window = wholeWindow({ run, config: onlineConfigOf(config), stage: 'evaluate', round, policy, prompts });
  const counts = await control.runChild(shardWindowWorkflow, `${workflowInfo().workflowId}/evaluate-${round}`, [
    window,
  ]);
  await holdIfTooManyHoles(control, `Evaluation of version ${round}`, counts, config);
  for (let shard = 0; shard < (opened.sets.followed?.shards ?? 0); shard += 1) {
    const task = { run, stage: 'follow', round, shard, policy } as const;
    await respond(task);
    await judge(task);
  }
  return { counts, evaluation: await measureHeldOut({ run, round, shards: prompts.shards, policy }) };
}
