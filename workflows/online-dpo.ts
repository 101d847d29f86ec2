import { CancellationScope, continueAsNew, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import type { RunConfig } from '../configs/schema/run-config.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  type Evaluation,
  type OpenedRun,
  type RolloutCounts,
  type RunRef,
  type RunResult,
} from '../domain/run.ts';
import { modelActivities, openingActivities } from './activity-proxies.ts';
import { checkShares } from './limits.ts';
import { LoopControl, stopSignal } from './loop-control.ts';
import { roundWorkflow } from './round.ts';
import { shardWindowWorkflow, wholeWindow } from './shard-window.ts';

export interface RunInput {
  readonly run: RunRef;
  readonly config: RunConfig;
  /** Milliseconds since 1970, for the report. */
  readonly startedAtMs: number;
  /** Set when a long run goes on in a fresh history. */
  readonly resumeFrom?: RunState;
}

/** What a run carries from round to round. */
interface RunState {
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
export async function runWorkflow(input: RunInput): Promise<RunResult> {
  const { run, config, startedAtMs } = input;
  const { workflowId } = workflowInfo();
  const control = new LoopControl(initialProgress('preflight', config.rounds));
  const { measureHeldOut, writeReport } = modelActivities(config.temporal.taskQueue);
  let state = input.resumeFrom;

  const evaluate = async (round: number, policy: PolicyVersion, { heldOut }: OpenedRun) => {
    control.report({ stage: 'evaluate', round });
    const window = wholeWindow({ run, config, stage: 'evaluate', round, policy, prompts: heldOut });
    const counts = await control.runChild(shardWindowWorkflow, `${workflowId}/evaluate-${round}`, [window]);
    checkShares(`Evaluation after round ${round}`, counts, config);
    return { counts, evaluation: await measureHeldOut({ run, round, shards: heldOut.shards, policy }) };
  };

  const begin = async (): Promise<RunState> => {
    const opened = await openingActivities(config.temporal.taskQueue).openRun({ run, config });
    const policy = opened.basePolicy;
    const { counts, evaluation } = await evaluate(0, policy, opened);
    return { opened, policy, round: 0, evaluations: [evaluation], counts };
  };

  const goRound = async (before: RunState): Promise<RunState> => {
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
        await continueAsNew<typeof runWorkflow>({ ...input, resumeFrom: state });
      }
      state = await goRound(state);
      control.report({ evaluations: state.evaluations, counts: state.counts });
    }
  };

  const finish = async (status: 'done' | 'stopped', reason: string | null): Promise<RunResult> => {
    control.report({ stage: 'report' });
    const report = await writeReport({ run, status, statusReason: reason, startedAtMs });
    control.report({ stage: 'done' });
    return {
      runName: run.runName,
      status,
      rounds: state?.round ?? 0,
      policy: state?.policy ?? { round: 0, servedModel: config.policy.model, adapterHash: null, adapterPath: null },
      evaluations: state?.evaluations ?? [],
      ...report,
    };
  };

  const scope = new CancellationScope();
  setHandler(stopSignal, () => {
    control.report({ stopping: true });
    scope.cancel();
  });
  try {
    await scope.run(loop);
  } catch (error) {
    if (isCancellation(error)) return CancellationScope.nonCancellable(() => finish('stopped', 'stopped by request'));
    throw error;
  }
  return finish('done', null);
}
