import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { StackError } from '../domain/errors.ts';
import { logPathOf, type PartCommand } from './launch-part.ts';
import type { WorkerRole } from '../domain/task-queues.ts';
import type { StackPaths } from './paths.ts';

/** What a worker serves. */
export interface WorkerOptions {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** What the worker serves; without it, everything. None: no worker is started, they run elsewhere. */
  readonly roles?: readonly WorkerRole[];
}

/** The line of its log by which a worker says that it polls. */
const READY_LINE = /^.*workers ready/m;

/** What a worker is known by: the queues that it polls, and where. */
export function workerAddress({ taskQueue, temporalAddress }: WorkerOptions): string {
  return `${taskQueue} on ${temporalAddress}`;
}

/** Command of the workers; `entry` is the script, relative to the project. */
export function workerCommand(paths: StackPaths, options: WorkerOptions, entry = 'workers/main.ts'): PartCommand {
  const script = isAbsolute(entry) ? entry : join(paths.root, entry);
  if (!existsSync(script) || !existsSync(join(paths.root, 'node_modules', 'tsx'))) {
    throw new StackError(
      'stack/not-installed',
      `${script} or the package tsx in ${paths.root} is missing, so the worker cannot start: run npm run setup.`,
    );
  }
  const { temporalAddress, namespace, taskQueue, roles } = options;
  const serves = ['--temporal', temporalAddress, '--namespace', namespace, '--task-queue', taskQueue];
  serves.push(...(roles ?? []).flatMap((role) => ['--role', role]));
  return {
    part: 'worker',
    command: [process.execPath, '--import', 'tsx', script, ...serves],
    environment: {},
    address: workerAddress(options),
    port: null,
  };
}

/** True once the worker has said that it polls. */
export function isWorkerReady(paths: StackPaths): boolean {
  try {
    return READY_LINE.test(readFileSync(logPathOf(paths, 'worker'), 'utf8'));
  } catch {
    return false;
  }
}
