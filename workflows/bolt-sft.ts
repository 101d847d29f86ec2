import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import { onlineConfigOf, SFT_ROUND } from '../domain/bolt/online-config.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { addCounts, type Evaluation, type OpenedRun, type RolloutCounts, type RunRef } from '../domain/run.ts';
import { modelActivities, trainerActivities } from './activity-proxies.ts';
import { LoopControl } from './loop-control.ts';
import { measurePolicy } from './measure-policy.ts';

export interface BoltSftInput {
  readonly run: RunRef;
  readonly config: BoltConfig;
  readonly opened: OpenedRun;
}

export interface BoltSftResult {
  /** The tuned policy. */
  readonly policy: PolicyVersion;
  /** Of the base and of the tuned policy. */
  readonly evaluations: readonly [before: Evaluation, after: Evaluation];
  readonly counts: RolloutCounts;
}

/**
 * BOLT's second stage: measure the base, train it on the bootstrapped rows, publish the result through the probe, measure
 * it. The policy that comes of it is version 1.
 *
 * @source BOLT (arXiv 2502.03860) §3.2
 */
export async function boltSftWorkflow({ run, config: bolt, opened }: BoltSftInput): Promise<BoltSftResult> {
  const config = onlineConfigOf(bolt);
  const control = new LoopControl(initialProgress('bolt', { stage: 'evaluate', rounds: SFT_ROUND }));
  const { publish } = modelActivities(config.temporal.taskQueue);
  const { trainSft } = trainerActivities(config.temporal.taskQueue);
  const base = opened.basePolicy;
  const before = await measurePolicy(control, { run, config, opened, policy: base, initialRound: base.round });

  await control.untilRunning();
  control.report({ stage: 'train', round: SFT_ROUND, counts: before.counts, evaluations: [before.evaluation] });
  const trained = await trainSft({ run, policy: base });

  await control.untilRunning();
  control.report({ stage: 'publish' });
  const policy = await publish({ run, round: SFT_ROUND, trained, previous: base });
  const after = await measurePolicy(control, { run, config, opened, policy, initialRound: base.round });
  return {
    policy,
    evaluations: [before.evaluation, after.evaluation],
    counts: addCounts(before.counts, after.counts),
  };
}
