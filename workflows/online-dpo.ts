import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  promptSet,
  type Evaluation,
  type OpenedRun,
  type RolloutCounts,
  type RunResult,
} from '../domain/run.ts';
import { modelActivities, openingActivities } from './activity-proxies.ts';
import type { LoopInput } from './loop-input.ts';
import { holdIfTooManyHoles } from './limits.ts';
import { LoopControl } from './loop-control.ts';
import { runToReport } from './reported-run.ts';
import { roundWorkflow } from './round.ts';
import { shardWindowWorkflow, wholeWindow } from './shard-window.ts';

export interface OnlineDpoInput extends LoopInput<OnlineDpoConfig> {
  /** Set when a long run goes on in a fresh history. */
  readonly resumeFrom?: OnlineDpoState;
}

/** What a run carries from round to round. */
interface OnlineDpoState {
  readonly opened: OpenedRun;
  readonly policy: PolicyVersion;
  /** Rounds done. */
  readonly round: number;
  readonly evaluations: readonly Evaluation[];
  readonly counts: RolloutCounts;
}

/**
 * A run: measure the base policy on held-out prompts, then round after round of training, each measured again. Every step
 * finds its own earlier result in the store, so starting a run again goes on where it was.
 */
export async function onlineDpoWorkflow(input: OnlineDpoInput): Promise<RunResult> {
  const { run, config } = input;
  const { workflowId } = workflowInfo();
  const control = new LoopControl(initialProgress(config.loop, { stage: 'preflight', rounds: config.rounds }));
  const { measureHeldOut } = modelActivities(config.temporal.taskQueue);
  let state = input.resumeFrom;

  const evaluate = async (round: number, policy: PolicyVersion, opened: OpenedRun) => {
    const heldOut = promptSet(opened, 'held-out');
    control.report({ stage: 'evaluate', round });
    const window = wholeWindow({ run, config, stage: 'evaluate', round, policy, prompts: heldOut });
    const counts = await control.runChild(shardWindowWorkflow, `${workflowId}/evaluate-${round}`, [window]);
    await holdIfTooManyHoles(control, `Evaluation after round ${round}`, counts, config);
    return { counts, evaluation: await measureHeldOut({ run, round, shards: heldOut.shards, policy }) };
  };

  const begin = async (): Promise<OnlineDpoState> => {
    const opened = await openingActivities(config.temporal.taskQueue).openRun({ run, config });
    const policy = opened.basePolicy;
    const { counts, evaluation } = await evaluate(0, policy, opened);
    return { opened, policy, round: 0, evaluations: [evaluation], counts };
  };

  const goRound = async (before: OnlineDpoState): Promise<OnlineDpoState> => {
    const { opened, policy, evaluations } = before;
    const round = before.round + 1;
    control.report({ stage: 'sample', round });
    const made = await control.runChild(roundWorkflow, `${workflowId}/round-${round}`, [
      { run, config, opened, round, policy },
    ]);
    const counts = addCounts(before.counts, made.counts);
    control.report({ counts });
    if (config.training === null) return { ...before, round, counts };
    const after = await evaluate(round, made.policy, opened);
    return {
      opened,
      policy: made.policy,
      round,
      evaluations: [...evaluations, after.evaluation],
      counts: addCounts(counts, after.counts),
    };
  };

  const loop = async (): Promise<void> => {
    state ??= await begin();
    control.report({ evaluations: state.evaluations, counts: state.counts });
    while (state.round < config.rounds) {
      if (workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof onlineDpoWorkflow>({ ...input, resumeFrom: state });
      }
      state = await goRound(state);
      control.report({ evaluations: state.evaluations, counts: state.counts });
    }
  };

  return runToReport(input, control, loop);
}
