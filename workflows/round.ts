import { workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  NO_COUNTS,
  promptSet,
  type DrawnPrompts,
  type OpenedRun,
  type RolloutCounts,
  type RunRef,
} from '../domain/run.ts';
import { modelActivities, trainerActivities } from './activity-proxies.ts';
import { holdIfTooManyHoles } from './limits.ts';
import { LoopControl } from './loop-control.ts';
import { shardWindowWorkflow, wholeWindow } from './shard-window.ts';

export interface RoundInput {
  readonly run: RunRef;
  readonly config: OnlineDpoConfig;
  readonly opened: OpenedRun;
  readonly round: number;
  readonly policy: PolicyVersion;
}

export interface RoundResult {
  /** The new weights; those that the round began with when it trained nothing. */
  readonly policy: PolicyVersion;
  readonly trained: boolean;
  readonly counts: RolloutCounts;
}

/**
 * One training round: draw prompts, sample G answers of each, judge them by checklist, select what the method trains on,
 * train, publish.
 *
 * @source BOLT (arXiv 2502.03860) §3.3, online training: sample from the current policy, score, DPO on best and worst
 */
export async function roundWorkflow({ run, config, opened, round, policy }: RoundInput): Promise<RoundResult> {
  const control = new LoopControl(initialProgress(config.loop, { stage: 'sample', rounds: config.rounds, round }));
  const activities = modelActivities(config.temporal.taskQueue);
  const { train } = trainerActivities(config.temporal.taskQueue);
  const trainSet = promptSet(opened, 'train');
  let counts = NO_COUNTS;

  const sample = async (prompts: DrawnPrompts, name: string): Promise<void> => {
    const window = wholeWindow({ run, config, stage: 'sample', round, policy, prompts, gold: false });
    const made = await control.runChild(shardWindowWorkflow, `${workflowInfo().workflowId}/${name}`, [window]);
    await holdIfTooManyHoles(control, `Sampling of round ${round}`, made, config);
    counts = addCounts(counts, made);
    control.report({ counts });
  };

  const planned = await activities.drawRoundPrompts({ run, round, trainSet });
  await sample(planned, 'sample');
  let { shards, rows: drawn } = planned;
  for (let refill = 1; config.sampling.extraPrompts > 0; refill += 1) {
    const samples = { run, round, policy, shards };
    const more = await activities.drawExtraPrompts({ ...samples, trainSet, planned: planned.rows, drawn });
    if (more.rows === 0) break;
    await sample(more, `sample-extra-${refill}`);
    shards += more.shards;
    drawn += more.rows;
  }

  control.report({ stage: 'select' });
  const selected = await activities.selectRoundRows({ run, round, shards, policy, extraPrompts: drawn - planned.rows });
  const trainsNothing = selected.rows === 0 && config.selection.whenEmpty === 'skip';
  if (config.training === null || trainsNothing) return { policy, trained: false, counts };

  await control.untilRunning();
  control.report({ stage: 'train' });
  const trained = await train({ run, round, policy });

  await control.untilRunning();
  control.report({ stage: 'publish' });
  const next = await activities.publish({ run, round, trained, previous: policy });
  return { policy: next, trained: true, counts };
}
