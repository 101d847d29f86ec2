import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createRunServicesProvider } from '../activities/run-services.ts';
import { createTrainerProcess } from '../clients/trainer-process.ts';
import { taskQueues, WORKER_ROLES, type WorkerRole } from '../domain/task-queues.ts';
import { temporalConnection } from '../domain/temporal-connection.ts';
import { createModelWorker } from './model-worker.ts';
import { createOrchestrationWorker } from './orchestration-worker.ts';
import { createTrainerWorker } from './trainer-worker.ts';

const { values } = parseArgs({
  options: {
    temporal: { type: 'string', default: process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233' },
    namespace: { type: 'string', default: 'default' },
    'task-queue': { type: 'string', default: 'tickloop' },
    python: {
      type: 'string',
      default:
        process.env['TICKLOOP_PYTHON_ENV'] ?? fileURLToPath(new URL('../.tickloop/python/bin/python', import.meta.url)),
    },
    role: { type: 'string', multiple: true, default: [...WORKER_ROLES] },
  },
});

function readRoles(names: readonly string[]): readonly WorkerRole[] {
  return names.map((name) => {
    const role = WORKER_ROLES.find((known) => known === name);
    if (role === undefined) throw new Error(`--role ${name}: choose from ${WORKER_ROLES.join(', ')}`);
    return role;
  });
}

const roles = readRoles(values.role);
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: ['SIGTERM', 'SIGINT'] });
const connection = await NativeConnection.connect(
  temporalConnection({ address: values.temporal, namespace: values.namespace }, process.env, readFileSync),
);
const provider = createRunServicesProvider();
const place = { connection, namespace: values.namespace, queues: taskQueues(values['task-queue']) };
const workers = await Promise.all(
  roles.map((role): Promise<Worker> => {
    switch (role) {
      case 'orchestration':
        return createOrchestrationWorker(place);
      case 'model':
        return createModelWorker(place, provider);
      case 'trainer':
        return createTrainerWorker(
          place,
          provider,
          createTrainerProcess({
            python: values.python,
            scriptFolder: fileURLToPath(new URL('../trainer', import.meta.url)),
          }),
        );
    }
  }),
);
const running = Promise.all(workers.map((worker) => worker.run()));
console.log(`workers ready: ${roles.join(', ')} on ${values['task-queue']} at ${values.temporal}`);
try {
  await running;
} finally {
  await provider.close();
  await connection.close();
}
