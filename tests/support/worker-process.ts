import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A real worker in a process of its own, so that it can be killed. */
export interface WorkerProcess {
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** Starts a worker for all roles and waits until it polls. */
export async function startWorkerProcess(address: string, taskQueue: string): Promise<WorkerProcess> {
  const entry = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', entry, '--temporal', address, '--task-queue', taskQueue], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('workers ready')) resolve();
    });
    child.on('exit', (code) => reject(new Error(`the worker ended before it was ready, exit code ${code}`)));
  });
  await ready;
  return {
    async kill(signal) {
      child.kill(signal);
      await exited;
    },
  };
}
