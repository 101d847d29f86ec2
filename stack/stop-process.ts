import { isGroupAlive, type ProcessRecord } from './process-record.ts';

/** How a process went: it was gone already, left by itself, or had to be killed. */
export type StopOutcome = 'not-running' | 'stopped' | 'killed';

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function waitForEnd(record: ProcessRecord, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isGroupAlive(record)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

/** Asks the whole process group to end, and kills what is left after the grace time. A recycled pid is never touched. */
export async function stopProcess(
  record: ProcessRecord,
  { graceMs }: { readonly graceMs: number },
): Promise<StopOutcome> {
  if (!isGroupAlive(record)) return 'not-running';
  signalGroup(record.pid, 'SIGTERM');
  if (await waitForEnd(record, graceMs)) return 'stopped';
  signalGroup(record.pid, 'SIGKILL');
  await waitForEnd(record, 5000);
  return 'killed';
}
