import { workflowInfo } from '@temporalio/workflow';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { requestApproval } from '../domain/gates/approval-request.ts';
import { findBestRound, heldOutMean, type Ruler } from '../domain/gates/best-version.ts';
import { settleRound, type DecidedRound, type RoundAnswer, type RoundOutcome } from '../domain/gates/decide-round.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  promptSet,
  type BestVersion,
  type Evaluation,
  type OpenedRun,
  type RolloutCounts,
  type RunRef,
} from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import type { Approvals } from './approvals.ts';
import type { LoopControl } from './loop-control.ts';
import { measurePolicy, rulerOf, type Measured } from './measure-policy.ts';
import { roundWorkflow } from './round.ts';

/** What all rounds of a run have in common. */
export interface RoundsPlan {
  readonly run: RunRef;
  readonly config: OnlineDpoConfig;
  readonly opened: OpenedRun;
  readonly control: LoopControl;
  readonly approvals: Approvals;
  /** Version that drift is measured from: the one that the rounds began with. */
  readonly base: PolicyVersion;
  /** Version that answers to tasks are compared with: the first one that the run measured. */
  readonly initialRound: number;
}

/** What a round leaves to the next one. */
export interface RoundsState {
  /** What the next round starts from. */
  readonly policy: PolicyVersion;
  readonly best: BestVersion;
  /** Rounds done. */
  readonly round: number;
  readonly evaluations: readonly Evaluation[];
  readonly counts: RolloutCounts;
  /** Why a gate ended the rounds before their last one. */
  readonly endedBecause: string | null;
}

/** Before the first round: a policy that was measured. */
export function beforeRounds(policy: PolicyVersion, { evaluation, counts }: Measured, ruler: Ruler): RoundsState {
  const { round } = policy;
  const best = { round, policy, mean: heldOutMean(evaluation, ruler) };
  return { policy, best, round, evaluations: [evaluation], counts, endedBecause: null };
}

/** Whether a further round is to be made. */
export function hasNextRound({ config }: Pick<RoundsPlan, 'config'>, { round, endedBecause }: RoundsState): boolean {
  return round < config.rounds && endedBecause === null;
}

/** A round, measured and held against the gates: the next one builds on it, or on the best version so far. */
export async function goRound(plan: RoundsPlan, before: RoundsState): Promise<RoundsState> {
  const { run, config, opened, control, initialRound, base } = plan;
  const { policy, best, evaluations } = before;
  const { retirePolicy } = modelActivities(config.temporal.taskQueue);
  const round = before.round + 1;
  control.report({ stage: 'sample', round });
  const made = await control.runChild(roundWorkflow, `${workflowInfo().workflowId}/round-${round}`, [
    { run, config, opened, round, policy },
  ]);
  const counts = addCounts(before.counts, made.counts);
  control.report({ counts });
  if (!made.trained) return { ...before, round, counts };
  const after = await measurePolicy(control, {
    run,
    config,
    opened,
    policy: made.policy,
    initialRound,
    reference: base,
  });
  control.report({ evaluations: [...evaluations, after.evaluation], scored: 0 });
  const { outcome, decided } = await passGates(plan, made.policy, best);
  const isAccepted = outcome === 'accepted';
  if (!isAccepted) await retirePolicy({ run, policy: made.policy });
  const candidate = { round, policy: made.policy, mean: heldOutMean(after.evaluation, rulerOf(config, opened)) };
  const bestRound = findBestRound([
    { ...best, accepted: true },
    { ...candidate, accepted: isAccepted },
  ]);
  return {
    policy: isAccepted ? made.policy : best.policy,
    best: bestRound === round ? candidate : best,
    round,
    evaluations: [...evaluations, after.evaluation],
    counts: addCounts(counts, after.counts),
    endedBecause: outcome === 'stopped' ? stopReason(decided) : null,
  };
}

/** What becomes of a round; where its gates say so, a person has the last word. */
async function passGates(
  { run, config, opened, control, approvals, base }: RoundsPlan,
  policy: PolicyVersion,
  best: BestVersion,
): Promise<{ readonly outcome: RoundOutcome; readonly decided: DecidedRound }> {
  const { round } = policy;
  const { decideGates, recordAnswer } = modelActivities(config.temporal.taskQueue);
  control.report({ stage: 'gates' });
  const { shards } = promptSet(opened, 'held-out');
  const gold = rulerOf(config, opened) === 'gold';
  const decided = await decideGates({ run, round, bestRound: best.round, baseRound: base.round, shards, gold, policy });
  const ask = async (): Promise<RoundAnswer> =>
    recordAnswer({ run, round, answer: await approvals.ask(requestApproval(decided)) });
  const answer = decided.decision === 'wait' ? (decided.answer ?? (await ask())) : undefined;
  return { outcome: settleRound(decided.decision, answer), decided };
}

function stopReason({ round, findings }: DecidedRound): string {
  const failed = findings.filter(({ passed, onFail }) => !passed && onFail === 'stop');
  return `ended after round ${round} by its gates: ${failed.map(({ text }) => text).join(' ')}`;
}
