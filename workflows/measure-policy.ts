import { workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  NO_COUNTS,
  promptSet,
  type Evaluation,
  type OpenedRun,
  type RolloutCounts,
  type RunRef,
} from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { holdIfTooManyHoles } from './limits.ts';
import type { LoopControl } from './loop-control.ts';
import { shardWindowWorkflow, wholeWindow } from './shard-window.ts';
import { taskWindowWorkflow } from './task-window.ts';

export interface MeasureInput {
  readonly run: RunRef;
  readonly config: OnlineDpoConfig;
  readonly opened: OpenedRun;
  readonly policy: PolicyVersion;
  /** Version that answers to tasks are compared with: the first one that the run measures. */
  readonly initialRound: number;
  /** What the divergence is measured from; without it, none is. */
  readonly reference?: PolicyVersion;
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
  const kl = await measureDivergence(control, input, heldOut.shards);
  const onTasks = await answerTasks(control, input);
  const evaluation = await measureHeldOut({
    run,
    round,
    shards: heldOut.shards,
    policy,
    gold,
    ...kl,
    ...onTasks.place,
  });
  return { counts: addCounts(counts, onTasks.counts), evaluation };
}

/** Measures how far the version has moved from the base of the rounds, where a gate asks. */
async function measureDivergence(
  control: LoopControl,
  { run, config, policy, reference }: MeasureInput,
  shards: number,
): Promise<{ readonly kl?: true }> {
  // The config of a history from before this gate has no such field.
  if (reference === undefined || (config.gates.kl ?? null) === null) return {};
  await control.untilRunning();
  await modelActivities(config.temporal.taskQueue).measureKl({ run, round: policy.round, shards, policy, reference });
  return { kl: true };
}

/** Lets the version answer the tasks that the config names, if it names any. */
async function answerTasks(
  control: LoopControl,
  { run, config, opened, policy, initialRound }: MeasureInput,
): Promise<{
  readonly counts: RolloutCounts;
  readonly place: { readonly tasks?: { readonly shards: number; readonly initialRound: number } };
}> {
  const { tasks } = opened.sets;
  if (tasks === undefined) return { counts: NO_COUNTS, place: {} };
  const { round } = policy;
  const window = { run, config, round, policy, tasks, initialRound, nextShard: 0, counts: NO_COUNTS };
  const counts = await control.runChild(taskWindowWorkflow, `${workflowInfo().workflowId}/tasks-${round}`, [window]);
  await holdIfTooManyHoles(control, `WildBench of version ${round}`, counts, config);
  // A judgment is no verdict on an item: the run's own counts take the calls only.
  return {
    counts: { ...counts, yes: 0, no: 0, unparsed: 0 },
    place: { tasks: { shards: tasks.shards, initialRound } },
  };
}

/** Gold measures with a judge of its own, or by code where the steering judge does without the verifiers. */
export function measuresGold({ goldJudge, judge }: OnlineDpoConfig, { measurable }: OpenedRun): boolean {
  return goldJudge !== undefined || (judge !== undefined && !judge.useVerifiers && measurable);
}
