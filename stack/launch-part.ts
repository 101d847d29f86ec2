import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../domain/errors.ts';
import { withoutSecrets } from '../domain/secret-names.ts';
import type { StackPart, StackPaths } from './paths.ts';
import { isAlive, readProcessRecord, readStartTime, writeProcessRecord, type ProcessRecord } from './process-record.ts';
import { stopProcess } from './stop-process.ts';

/** How to start a part and where it will answer. */
export interface PartCommand {
  readonly part: StackPart;
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly address: string;
  readonly port: number | null;
}

/** Log file of a part. */
export function logPathOf(paths: StackPaths, part: StackPart): string {
  return join(paths.logs, `${part}.log`);
}

/** Last lines of a part's log, for an error. */
function lastLogLines(paths: StackPaths, part: StackPart, count = 12): readonly string[] {
  try {
    const lines = readFileSync(logPathOf(paths, part), 'utf8').split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } catch {
    return [];
  }
}

/** Starts a part in its own session with a fresh log (the last one is kept as `<part>.previous.log`) and records it. */
export async function launchPart(paths: StackPaths, wanted: PartCommand): Promise<ProcessRecord> {
  const [file, ...args] = wanted.command;
  // A leader that was killed can leave children behind, which hold memory and ports.
  const stale = readProcessRecord(paths.stack, wanted.part);
  if (stale !== undefined) await stopProcess(stale, { graceMs: 2000 });
  mkdirSync(paths.logs, { recursive: true });
  const logPath = logPathOf(paths, wanted.part);
  try {
    renameSync(logPath, join(paths.logs, `${wanted.part}.previous.log`));
  } catch {
    // The first start has no log to keep.
  }
  const log = openSync(logPath, 'w');
  try {
    const child = spawn(file, args, {
      cwd: paths.root,
      detached: true,
      stdio: ['ignore', log, log],
      // The worker alone asks judges and teachers: the servers get no keys but those that their commands give them.
      env: { ...(wanted.part === 'worker' ? process.env : withoutSecrets(process.env)), ...wanted.environment },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    const record: ProcessRecord = {
      pid,
      startTime: readStartTime(pid) ?? 'ended',
      command: wanted.command,
      port: wanted.port,
      address: wanted.address,
    };
    writeProcessRecord(paths.stack, wanted.part, record);
    return record;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new StackError(
        'stack/not-installed',
        `${file} is missing, so ${wanted.part} cannot start: run npm run setup.`,
        {
          cause: error,
        },
      );
    }
    throw error;
  } finally {
    closeSync(log);
  }
}

function startError(paths: StackPaths, part: StackPart, what: string): StackError {
  const lines = lastLogLines(paths, part);
  const logPath = logPathOf(paths, part);
  if (lines.some((line) => /No space left on device|ENOSPC|database or disk is full/.test(line))) {
    return new StackError(
      'stack/no-space',
      `The disk is full, so ${part} cannot start: free some space. Log: ${logPath}`,
    );
  }
  return new StackError(
    'stack/start-failed',
    `${part} ${what}: read ${logPath}. Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );
}

/** Waits until the part answers. A part that dies, or does not answer in time and is then stopped, is an error with its last log lines. */
export async function waitUntilReady(
  paths: StackPaths,
  part: StackPart,
  record: ProcessRecord,
  isReady: () => Promise<boolean>,
  { timeoutMs, pollMs = 250 }: { readonly timeoutMs: number; readonly pollMs?: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    // Life is looked at first: a port may be answered by another server while ours dies of it.
    if (!isAlive(record)) throw startError(paths, part, 'ended before it was ready');
    if (await isReady()) return;
    if (performance.now() > deadline) {
      await stopProcess(record, { graceMs: 5000 });
      throw startError(paths, part, `was not ready after ${Math.round(timeoutMs / 1000)} s and was stopped`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
