import { workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { promptSet, type Evaluation, type OpenedRun, type RolloutCounts, type RunRef } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { holdIfTooManyHoles } from './limits.ts';
import type { LoopControl } from './loop-control.ts';
import { shardWindowWorkflow, wholeWindow } from './shard-window.ts';

export interface MeasureInput {
  readonly run: RunRef;
  readonly config: OnlineDpoConfig;
  readonly opened: OpenedRun;
  readonly policy: PolicyVersion;
}

export interface Measured {
  readonly counts: RolloutCounts;
  readonly evaluation: Evaluation;
}

/** Measures one policy version on the held-out prompts, and lets it answer the queries that are followed, if there are any. */
export async function measurePolicy(control: LoopControl, input: MeasureInput): Promise<Measured> {
  const { run, config, opened, policy } = input;
  const { round } = policy;
  const { respond, judge, measureHeldOut } = modelActivities(config.temporal.taskQueue);
  const heldOut = promptSet(opened, 'held-out');
  const gold = measuresGold(config, opened);
  control.report({ stage: 'evaluate', round });
  const prompts = { ...heldOut, firstShard: 0 };
  const window = wholeWindow({ run, config, stage: 'evaluate', round, policy, prompts, gold });
  const counts = await control.runChild(shardWindowWorkflow, `${workflowInfo().workflowId}/evaluate-${round}`, [
    window,
  ]);
  await holdIfTooManyHoles(control, `Evaluation of version ${round}`, counts, config);
  for (let shard = 0; shard < (opened.sets.followed?.shards ?? 0); shard += 1) {
    const task = { run, stage: 'follow', round, shard, policy } as const;
    await respond(task);
    await judge(task);
  }
  return { counts, evaluation: await measureHeldOut({ run, round, shards: heldOut.shards, policy, gold }) };
}

/** Gold measures with a judge of its own, or by code where the steering judge does without the verifiers. */
export function measuresGold({ goldJudge, judge }: OnlineDpoConfig, { measurable }: OpenedRun): boolean {
  return goldJudge !== undefined || (judge !== undefined && !judge.useVerifiers && measurable);
}
