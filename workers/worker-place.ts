import type { NativeConnection } from '@temporalio/worker';
import type { TaskQueues } from '../domain/task-queues.ts';

/** Where a worker polls. */
export interface WorkerPlace {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly queues: TaskQueues;
}

/** How long a stopping worker lets calls in the air finish: longer than one ordinary call. */
export const SHUTDOWN_GRACE_TIME = '20s';
/** Cancellation travels with heartbeats, and the default holds them back for up to 30 s. */
export const HEARTBEAT_THROTTLE = '2s';
