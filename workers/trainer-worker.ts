import { Worker } from '@temporalio/worker';
import { withTranslatedErrors } from '../activities/failure.ts';
import type { RunServicesProvider } from '../activities/run-services.ts';
import { createTrainActivities } from '../activities/training/train.ts';
import { createTrainSftActivities } from '../activities/training/train-sft.ts';
import type { Trainer } from '../clients/trainer.ts';
import { HEARTBEAT_THROTTLE, type WorkerPlace } from './worker-place.ts';

/** Runs one training at a time on this host; a training outlives the worker and is adopted by the next one. */
export function createTrainerWorker(
  { connection, namespace, queues }: WorkerPlace,
  provider: RunServicesProvider,
  trainer: Trainer,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: queues.trainer,
    activities: withTranslatedErrors({
      ...createTrainActivities(provider, trainer),
      ...createTrainSftActivities(provider, trainer),
    }),
    maxConcurrentActivityTaskExecutions: 1,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    // Cancelled at once: the activity leaves its process running, so there is nothing to wait for.
    shutdownGraceTime: '1s',
  });
}
