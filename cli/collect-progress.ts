import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityProgress } from '../domain/activity-progress.ts';
import type { ApprovalRequest } from '../domain/gates/approval-request.ts';
import type { LoopProgress } from '../domain/loop-progress.ts';
import { addCounts, meanPassRate, NO_COUNTS } from '../domain/run.ts';
import type { RunProgress, RunStage, RunStatus } from '../domain/run-progress.ts';
import { progressQuery } from '../workflows/loop-control.ts';
import { workflowIdOf } from './run-name.ts';

/** `PENDING_ACTIVITY_STATE_SCHEDULED` of Temporal's API. */
const SCHEDULED = 1;

/** What an activity in flight last said of itself. */
interface PendingActivity {
  readonly type: string;
  readonly attempt: number;
  /** Failed, and waiting for its next attempt. */
  readonly isWaiting: boolean;
  readonly progress: ActivityProgress | undefined;
  readonly lastFailure: string | null;
}

/** What a workflow of a run knows of itself. */
export interface WorkflowProgress {
  readonly workflowId: string;
  readonly progress: LoopProgress;
}

/** A run and, down the line, the children at work. */
export async function readChain(client: Client, runName: string): Promise<readonly WorkflowProgress[]> {
  const chain: WorkflowProgress[] = [];
  let workflowId: string | null = workflowIdOf(runName);
  while (workflowId !== null) {
    const progress: LoopProgress = await client.workflow.getHandle(workflowId).query(progressQuery);
    chain.push({ workflowId, progress });
    workflowId = progress.activeChild;
  }
  return chain;
}

/** How far a run is, the children at work included; heartbeats of activities come on top. */
export async function collectProgress(client: Client, runName: string): Promise<RunProgress> {
  const chain = await readChain(client, runName);
  const deepest = chain.at(-1)?.workflowId ?? workflowIdOf(runName);
  return merge(
    runName,
    chain.map(({ progress }) => progress),
    await pendingActivities(client, deepest),
  );
}

async function pendingActivities(client: Client, workflowId: string): Promise<readonly PendingActivity[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return (raw.pendingActivities ?? []).map(({ activityType, attempt, state, heartbeatDetails, lastFailure }) => {
    const payload = heartbeatDetails?.payloads?.[0];
    return {
      type: activityType?.name ?? '',
      attempt: attempt ?? 1,
      isWaiting: Number(state) === SCHEDULED && lastFailure !== null,
      progress: payload ? defaultPayloadConverter.fromPayload<ActivityProgress>(payload) : undefined,
      lastFailure: lastFailure?.message ?? null,
    };
  });
}

function merge(runName: string, chain: readonly LoopProgress[], pending: readonly PendingActivity[]): RunProgress {
  const [run] = chain as [LoopProgress, ...LoopProgress[]];
  const current = chain.at(-1) ?? run;
  const counts = chain.map((progress) => progress.counts).reduce(addCounts, NO_COUNTS);
  const drawing = pending.filter(({ type }) => type !== 'train').flatMap(({ progress }) => progress ?? []);
  const sum = (read: (progress: ActivityProgress) => number) =>
    drawing.reduce((total, progress) => total + read(progress), 0);
  const training = pending.find(({ type }) => type === 'train' || type === 'trainSft')?.progress;
  const retried = pending.find(({ isWaiting }) => isWaiting);
  const awaits = chain.find((progress) => progress.awaits !== null)?.awaits ?? null;
  return {
    runName,
    status: statusOf(chain, pending.length),
    stages: current.stages,
    stage: current.stage,
    round: current.round,
    rounds: run.rounds,
    stageDone: current.stage === 'train' ? (training?.done ?? 0) : current.done + inFlight(current.stage, pending),
    stageTotal: current.stage === 'train' ? (training?.total ?? 0) : current.total,
    calls: counts.calls + counts.judgeCalls + sum(({ calls }) => calls),
    promptTokens: counts.promptTokens + counts.judgePromptTokens + sum(({ promptTokens }) => promptTokens),
    completionTokens:
      counts.completionTokens + counts.judgeCompletionTokens + sum(({ completionTokens }) => completionTokens),
    passRate: meanPassRate(current.counts),
    evaluations: run.evaluations.map(({ round, interval }) => ({ round, mean: interval?.mean ?? null })),
    training:
      training === undefined || training.total === 0
        ? null
        : {
            step: training.done,
            totalSteps: training.total,
            loss: training.training?.loss ?? null,
            margin: training.training?.margin ?? null,
          },
    awaits,
    note:
      (awaits === null ? null : waitingNote(runName, awaits)) ??
      chain.map(({ heldBecause }) => heldBecause).find((reason) => reason !== null) ??
      (retried === undefined ? null : `${retried.type}, attempt ${retried.attempt}: ${retried.lastFailure}`),
  };
}

function waitingNote(runName: string, { round, lines }: ApprovalRequest): string {
  return `round ${round} waits for \`tickloop approve ${runName}\` or \`tickloop reject ${runName}\`: ${lines.join(' ')}`;
}

/** What activities in flight add: calls where the stage counts calls, otherwise their share of one step each. */
function inFlight(stage: RunStage, pending: readonly PendingActivity[]): number {
  const shares = pending.flatMap(({ type, progress }) => {
    if (progress === undefined) return [];
    if (stage === 'evaluate' || stage === 'sample') return type === 'respond' ? progress.done : 0;
    return progress.total === 0 ? 0 : progress.done / progress.total;
  });
  return Math.floor(shares.reduce((total, share) => total + share, 0));
}

/** A paused run that still has something in the air is on its way to a pause. */
function statusOf(chain: readonly LoopProgress[], activitiesInFlight: number): RunStatus {
  const [run] = chain;
  if (run?.stopping) return 'stopping';
  if (chain.some(({ awaits }) => awaits !== null)) return 'waiting';
  if (chain.some(({ heldBecause }) => heldBecause !== null)) return 'paused';
  if (!run?.paused) return 'running';
  return activitiesInFlight > 0 ? 'pausing' : 'paused';
}
