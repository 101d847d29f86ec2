import { workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import type { Ruler } from '../domain/gates/best-version.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  drawnUsage,
  judgeUsage,
  NO_COUNTS,
  promptSet,
  type DrawnUsage,
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
  const { measureHeldOut } = modelActivities(config.temporal.taskQueue);
  const heldOut = promptSet(opened, 'held-out');
  const gold = rulerOf(config, opened) === 'gold';
  control.report({ stage: 'evaluate', round, part: 'held-out' });
  const prompts = { ...heldOut, firstShard: 0 };
  const window = wholeWindow({ run, config, stage: 'evaluate', round, policy, prompts, gold });
  const counts = await control.runChild(shardWindowWorkflow, `${workflowInfo().workflowId}/evaluate-${round}`, [
    window,
  ]);
  control.addCounts(counts);
  await holdIfTooManyHoles(control, `Evaluation of version ${round}`, counts, config);
  const followed = await answerFollowed(control, input);
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
  return { counts: [counts, followed, onTasks.counts].reduce(addCounts), evaluation };
}

/** Lets the version answer the queries that the report follows, if there are any; they cost calls and measure nothing. */
async function answerFollowed(
  control: LoopControl,
  { run, config, opened, policy }: MeasureInput,
): Promise<RolloutCounts> {
  const { shards = 0, rows = 0 } = opened.sets.followed ?? {};
  if (shards === 0) return NO_COUNTS;
  const { respond, judge } = modelActivities(config.temporal.taskQueue);
  control.report({ part: 'followed', total: rows });
  let counts = NO_COUNTS;
  const add = (made: RolloutCounts, done: number): void => {
    counts = addCounts(counts, made);
    control.addCounts(made);
    control.report({ done });
  };
  for (let shard = 0; shard < shards; shard += 1) {
    const task = { run, stage: 'follow', round: policy.round, shard, policy } as const;
    const done = Math.min(rows, (shard + 1) * config.shards.rows);
    // A history from before this was counted holds nothing here.
    const drawn = (await respond(task)) as DrawnUsage | undefined;
    add(drawn === undefined ? NO_COUNTS : drawnUsage(drawn), done);
    add(judgeUsage(await judge(task)), done);
  }
  return counts;
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
  control.report({ part: 'divergence' });
  const { measureKl } = modelActivities(config.temporal.taskQueue);
  // A history from before this was counted holds nothing here.
  const scored = (await measureKl({ run, round: policy.round, shards, policy, reference })) as number | undefined;
  control.report({ scored: scored ?? 0 });
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
  control.report({ part: 'tasks' });
  const window = { run, config, round, policy, tasks, initialRound, nextShard: 0, counts: NO_COUNTS };
  const counts = await control.runChild(taskWindowWorkflow, `${workflowInfo().workflowId}/tasks-${round}`, [window]);
  // A judgment is no verdict on an item: the run's own counts take the calls only.
  const ownCounts = { ...counts, yes: 0, no: 0, unparsed: 0 };
  control.addCounts(ownCounts);
  await holdIfTooManyHoles(control, `WildBench of version ${round}`, counts, config);
  return {
    counts: ownCounts,
    place: { tasks: { shards: tasks.shards, initialRound } },
  };
}

/**
 * Whose verdicts the versions of a run are compared by: gold's where it has a judge of its own, or where the steering judge
 * does without the verifiers and code can decide.
 */
export function rulerOf(
  { goldJudge, judge }: Pick<OnlineDpoConfig, 'goldJudge' | 'judge'>,
  { measurable }: OpenedRun,
): Ruler {
  const measuresGold = goldJudge !== undefined || (judge !== undefined && !judge.useVerifiers && measurable);
  return measuresGold ? 'gold' : 'judge';
}
