import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { requestApproval } from '../domain/gates/approval-request.ts';
import { findBestRound } from '../domain/gates/best-version.ts';
import { settleRound, type DecidedRound, type RoundAnswer, type RoundOutcome } from '../domain/gates/decide-round.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  promptSet,
  type BestVersion,
  type Evaluation,
  type OpenedRun,
  type RolloutCounts,
  type RunResult,
} from '../domain/run.ts';
import { modelActivities, openingActivities } from './activity-proxies.ts';
import { Approvals } from './approvals.ts';
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
  /** What the next round starts from. */
  readonly policy: PolicyVersion;
  readonly best: BestVersion;
  /** Rounds done. */
  readonly round: number;
  readonly evaluations: readonly Evaluation[];
  readonly counts: RolloutCounts;
  /** Why a gate ended the run before its last round. */
  readonly endedBecause: string | null;
}

/**
 * A run: measure the base policy on held-out prompts, then round after round of training, each measured again and held
 * against the gates: the next one builds on it, or on the best version so far. Every step finds its own earlier result in
 * the store, so starting a run again goes on where it was.
 */
export async function onlineDpoWorkflow(input: OnlineDpoInput): Promise<RunResult> {
  const { run, config } = input;
  const { workflowId } = workflowInfo();
  const control = new LoopControl(initialProgress(config.loop, { stage: 'preflight', rounds: config.rounds }));
  const approvals = new Approvals(control);
  const { measureHeldOut, decideGates, recordAnswer, retirePolicy } = modelActivities(config.temporal.taskQueue);
  let state = input.resumeFrom;

  const evaluate = async (round: number, policy: PolicyVersion, opened: OpenedRun) => {
    const heldOut = promptSet(opened, 'held-out');
    const gold = measuresGold(config, opened);
    control.report({ stage: 'evaluate', round });
    const prompts = { ...heldOut, firstShard: 0 };
    const window = wholeWindow({ run, config, stage: 'evaluate', round, policy, prompts, gold });
    const counts = await control.runChild(shardWindowWorkflow, `${workflowId}/evaluate-${round}`, [window]);
    await holdIfTooManyHoles(control, `Evaluation after round ${round}`, counts, config);
    return { counts, evaluation: await measureHeldOut({ run, round, shards: heldOut.shards, policy, gold }) };
  };

  const begin = async (): Promise<OnlineDpoState> => {
    const opened = await openingActivities(config.temporal.taskQueue).openRun({ run, config });
    const policy = opened.basePolicy;
    const { counts, evaluation } = await evaluate(0, policy, opened);
    const best = { round: 0, policy, mean: rateOf(evaluation) };
    return { opened, policy, best, round: 0, evaluations: [evaluation], counts, endedBecause: null };
  };

  /** What becomes of a round; where its gates say so, a person has the last word. */
  const passGates = async (
    round: number,
    policy: PolicyVersion,
    { opened, best }: OnlineDpoState,
  ): Promise<{ readonly outcome: RoundOutcome; readonly decided: DecidedRound }> => {
    control.report({ stage: 'gates' });
    const { shards } = promptSet(opened, 'held-out');
    const gold = measuresGold(config, opened);
    const decided = await decideGates({ run, round, bestRound: best.round, shards, gold, policy });
    const ask = async (): Promise<RoundAnswer> =>
      recordAnswer({ run, round, answer: await approvals.ask(requestApproval(decided)) });
    const answer = decided.decision === 'wait' ? (decided.answer ?? (await ask())) : undefined;
    return { outcome: settleRound(decided.decision, answer), decided };
  };

  const goRound = async (before: OnlineDpoState): Promise<OnlineDpoState> => {
    const { opened, policy, best, evaluations } = before;
    const round = before.round + 1;
    control.report({ stage: 'sample', round });
    const made = await control.runChild(roundWorkflow, `${workflowId}/round-${round}`, [
      { run, config, opened, round, policy },
    ]);
    const counts = addCounts(before.counts, made.counts);
    control.report({ counts });
    if (!made.trained) return { ...before, round, counts };
    const after = await evaluate(round, made.policy, opened);
    control.report({ evaluations: [...evaluations, after.evaluation] });
    const { outcome, decided } = await passGates(round, made.policy, before);
    const isAccepted = outcome === 'accepted';
    if (!isAccepted) await retirePolicy({ run, policy: made.policy });
    const candidate = { round, policy: made.policy, mean: rateOf(after.evaluation) };
    const bestRound = findBestRound([
      { ...best, accepted: true },
      { ...candidate, accepted: isAccepted },
    ]);
    return {
      opened,
      policy: isAccepted ? made.policy : best.policy,
      best: bestRound === round ? candidate : best,
      round,
      evaluations: [...evaluations, after.evaluation],
      counts: addCounts(counts, after.counts),
      endedBecause: outcome === 'stopped' ? stopReason(decided) : null,
    };
  };

  const loop = async (): Promise<void> => {
    state ??= await begin();
    control.report({ evaluations: state.evaluations, counts: state.counts });
    while (state.round < config.rounds && state.endedBecause === null) {
      if (workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof onlineDpoWorkflow>({ ...input, resumeFrom: state });
      }
      state = await goRound(state);
      control.report({ evaluations: state.evaluations, counts: state.counts });
    }
  };

  return runToReport(input, control, loop, () => ({
    reason: state?.endedBecause ?? null,
    ...(config.training === null || state === undefined ? {} : { best: state.best }),
  }));
}

/** Gold measures with a judge of its own, or by code where the steering judge does without the verifiers. */
function measuresGold({ goldJudge, judge }: OnlineDpoConfig, { measurable }: OpenedRun): boolean {
  return goldJudge !== undefined || (judge !== undefined && !judge.useVerifiers && measurable);
}

/** What versions are compared by. */
function rateOf({ interval, gold }: Evaluation): number | null {
  return (gold ?? interval)?.mean ?? null;
}

function stopReason({ round, findings }: DecidedRound): string {
  const failed = findings.filter(({ passed, onFail }) => !passed && onFail === 'stop');
  return `ended after round ${round} by its gates: ${failed.map(({ text }) => text).join(' ')}`;
}
