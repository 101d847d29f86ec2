/** The three queues of an installation: orchestration, model calls, trainer. */
export interface TaskQueues {
  readonly workflow: string;
  readonly model: string;
  /** One worker, on the host with the training device, polls it: a trainer is adopted where it was started. */
  readonly trainer: string;
}

/** Names of the queues under a prefix. */
export function taskQueues(prefix: string): TaskQueues {
  return { workflow: `${prefix}-workflow`, model: `${prefix}-model`, trainer: `${prefix}-trainer` };
}

/** What a worker process may serve: one queue each. */
export const WORKER_ROLES = ['orchestration', 'model', 'trainer'] as const;

export type WorkerRole = (typeof WORKER_ROLES)[number];
