import { workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { OpenedRun, RunResult } from '../domain/run.ts';
import { openingActivities } from './activity-proxies.ts';
import { Approvals } from './approvals.ts';
import type { LoopInput } from './loop-input.ts';
import { LoopControl } from './loop-control.ts';
import { measurePolicy, rulerOf } from './measure-policy.ts';
import { runToReport } from './reported-run.ts';
import { beforeRounds, goRound, hasNextRound, type RoundsState } from './rounds.ts';

export interface OnlineDpoInput extends LoopInput<OnlineDpoConfig> {
  /** Set when a long run goes on in a fresh history. */
  readonly resumeFrom?: OnlineDpoState;
}

interface OnlineDpoState {
  readonly opened: OpenedRun;
  readonly rounds: RoundsState;
}

/**
 * A run: measure the base policy on held-out prompts, then round after round of training, each measured again and held
 * against the gates. Every step finds its own earlier result in the store, so starting a run again goes on where it was.
 */
export async function onlineDpoWorkflow(input: OnlineDpoInput): Promise<RunResult> {
  const { run, config } = input;
  const control = new LoopControl(initialProgress(config.loop, { stage: 'preflight', rounds: config.rounds }));
  const approvals = new Approvals(control);
  let state = input.resumeFrom;

  const begin = async (): Promise<OnlineDpoState> => {
    const opened = await openingActivities(config.temporal.taskQueue).openRun({ run, config });
    const policy = opened.basePolicy;
    const measured = await measurePolicy(control, { run, config, opened, policy, initialRound: policy.round });
    return { opened, rounds: beforeRounds(policy, measured, rulerOf(config, opened)) };
  };

  const loop = async (): Promise<void> => {
    state ??= await begin();
    const { opened } = state;
    const base = opened.basePolicy;
    const plan = { run, config, opened, control, approvals, base, initialRound: base.round };
    control.report({ evaluations: state.rounds.evaluations, counts: state.rounds.counts });
    while (hasNextRound(plan, state.rounds)) {
      if (workflowInfo().continueAsNewSuggested) {
        await control.goOnAfresh<typeof onlineDpoWorkflow>({ ...input, resumeFrom: state });
      }
      state = { opened, rounds: await goRound(plan, state.rounds) };
      control.report({ evaluations: state.rounds.evaluations, counts: state.rounds.counts });
    }
  };

  return runToReport(input, control, loop, () => ({
    reason: state?.rounds.endedBecause ?? null,
    ...(config.training === null || state === undefined ? {} : { best: state.rounds.best }),
  }));
}
