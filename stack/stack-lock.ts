import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../domain/errors.ts';
import { readStartTime } from './process-record.ts';

interface LockOwner {
  readonly pid: number;
  readonly startTime: string;
}

function readOwner(path: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
  } catch {
    return undefined;
  }
}

function tryLock(path: string, owner: LockOwner): boolean {
  const own = `${path}.${owner.pid}`;
  writeFileSync(own, JSON.stringify(owner));
  try {
    // A link appears with its content: nobody reads a lock that is half written.
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

const isDead = (owner: LockOwner | undefined) => owner !== undefined && readStartTime(owner.pid) !== owner.startTime;

// Moved first and looked at again: another process may have taken the dead one's place in between.
function setAside(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (!isDead(readOwner(aside))) linkSync(aside, path);
  } catch {
    // Somebody else was faster: the next try finds out.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Runs `work` while no other process does; waits for a living owner, takes over from a dead one. */
export async function withStackLock<T>(
  folder: string,
  work: () => Promise<T>,
  { timeoutMs = 600_000, onWait }: { readonly timeoutMs?: number; readonly onWait?: (pid: number) => void } = {},
): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'start.lock');
  const owner = { pid: process.pid, startTime: readStartTime(process.pid) ?? '' };
  const deadline = performance.now() + timeoutMs;
  let told = false;
  while (!tryLock(path, owner)) {
    const other = readOwner(path);
    if (isDead(other)) {
      setAside(path);
      continue;
    }
    if (other !== undefined && !told) {
      told = true;
      onWait?.(other.pid);
    }
    if (performance.now() > deadline) {
      throw new StackError(
        'stack/start-failed',
        `Process ${other?.pid ?? '?'} has been starting the stack for ${Math.round(timeoutMs / 1000)} s: stop it, then try again.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
