import { workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { promptSet, type OpenedRun, type RolloutCounts, type RunRef } from '../domain/run.ts';
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
  /** What the next round starts from. */
  readonly policy: PolicyVersion;
  readonly counts: RolloutCounts;
}

/**
 * One training round: sample G answers of each prompt, judge them by checklist, take best against worst, train, publish.
 *
 * @source BOLT (arXiv 2502.03860) §3.3, online training: sample from the current policy, score, DPO on best and worst
 */
export async function roundWorkflow({ run, config, opened, round, policy }: RoundInput): Promise<RoundResult> {
  const control = new LoopControl(initialProgress(config.loop, { stage: 'sample', rounds: config.rounds, round }));
  const { selectRoundPairs, publish } = modelActivities(config.temporal.taskQueue);
  const { train } = trainerActivities(config.temporal.taskQueue);
  const prompts = promptSet(opened, 'train');

  const counts = await control.runChild(shardWindowWorkflow, `${workflowInfo().workflowId}/sample`, [
    wholeWindow({ run, config, stage: 'sample', round, policy, prompts }),
  ]);
  await holdIfTooManyHoles(control, `Sampling of round ${round}`, counts, config);

  control.report({ stage: 'select', counts });
  await selectRoundPairs({ run, round, shards: prompts.shards, policy });
  if (config.training === null) return { policy, counts };

  await control.untilRunning();
  control.report({ stage: 'train' });
  const trained = await train({ run, round, policy });

  await control.untilRunning();
  control.report({ stage: 'publish' });
  const next = await publish({ run, round, trained, previous: policy });
  return { policy: next, counts };
}
