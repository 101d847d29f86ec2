import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { WorkerPlace } from './worker-place.ts';

/** Runs the workflows: decisions only, no I/O. */
export function createOrchestrationWorker({ connection, namespace, queues }: WorkerPlace): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: queues.workflow,
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  });
}
