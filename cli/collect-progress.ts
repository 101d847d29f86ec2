import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityProgress } from '../domain/activity-progress.ts';
import type { LoopProgress } from '../domain/loop-progress.ts';
import type { RunProgress } from '../domain/run-progress.ts';
import { progressQuery } from '../workflows/loop-control.ts';
import { mergeProgress, type PendingActivity } from './merge-progress.ts';
import { workflowIdOf } from './run-name.ts';

/** `PENDING_ACTIVITY_STATE_SCHEDULED` of Temporal's API. */
const SCHEDULED = 1;

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
  return mergeProgress(
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
