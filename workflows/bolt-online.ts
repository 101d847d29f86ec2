import { workflowInfo } from '@temporalio/workflow';
import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import { onlineConfigOf, SFT_ROUND } from '../domain/bolt/online-config.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { NO_COUNTS, type Evaluation, type OpenedRun, type RunRef } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { Approvals } from './approvals.ts';
import { LoopControl } from './loop-control.ts';
import { measurePolicy, rulerOf } from './measure-policy.ts';
import { beforeRounds, goRound, hasNextRound, type RoundsState } from './rounds.ts';

export interface BoltOnlineInput {
  readonly run: RunRef;
  readonly config: BoltConfig;
  readonly opened: OpenedRun;
  /** The tuned policy. */
  readonly policy: PolicyVersion;
  /** What it did on the held-out prompts; `null` where the stage is run alone, which then measures it. */
  readonly measured: Evaluation | null;
  /** Set when many rounds go on in a fresh history. */
  readonly resumeFrom?: RoundsState;
}

/**
 * BOLT's third stage: online rounds that start from the tuned policy, each measured and held against the gates. The rounds
 * are those of `online-dpo`; only what is judged differs.
 *
 * @source BOLT (arXiv 2502.03860) §3.3
 */
export async function boltOnlineWorkflow(input: BoltOnlineInput): Promise<RoundsState> {
  const { run, policy, measured } = input;
  const config = onlineConfigOf(input.config);
  const control = new LoopControl(
    initialProgress('bolt', { stage: 'sample', rounds: config.rounds, round: SFT_ROUND }),
  );
  const approvals = new Approvals(control);
  const { gatherOnlinePrompts } = modelActivities(config.temporal.taskQueue);
  const train = await gatherOnlinePrompts({ run, opened: input.opened.sets });
  const opened: OpenedRun = { ...input.opened, sets: { ...input.opened.sets, train } };
  // Alone, this stage measures nothing before the tuned policy.
  const initialRound = measured === null ? SFT_ROUND : opened.basePolicy.round;
  const plan = { run, config, opened, control, approvals, base: policy, initialRound };

  const begin = async (): Promise<RoundsState> =>
    beforeRounds(
      policy,
      measured === null
        ? await measurePolicy(control, { run, config, opened, policy, initialRound })
        : { counts: NO_COUNTS, evaluation: measured },
      rulerOf(config, opened),
    );

  let state = input.resumeFrom ?? (await begin());
  while (hasNextRound(plan, state)) {
    if (workflowInfo().continueAsNewSuggested) {
      await control.goOnAfresh<typeof boltOnlineWorkflow>({ ...input, resumeFrom: state });
    }
    control.report({ counts: state.counts, evaluations: state.evaluations });
    state = await goRound(plan, state);
  }
  return state;
}
