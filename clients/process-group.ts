import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseProcessStat } from '../domain/process-stat.ts';

/** A process that another Node process can recognise later: the id alone may be given to a new process. */
export interface ProcessIdentity {
  /** Also the id of the process group, which it leads. */
  readonly pid: number;
  /** Field 22 of `/proc/<pid>/stat`: clock ticks from boot to start. */
  readonly startTime: string;
  /** Host name and boot id: both numbers above mean something within one boot of one host only. */
  readonly host: string;
}

/** The living process with this id, or `undefined` when there is none or only a zombie. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (stat === undefined || stat.hasEnded) return undefined;
    return { pid, startTime: stat.startTime, host: hostIdentity() };
  } catch {
    return undefined;
  }
}

/** True when the very process still lives on this host. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now?.startTime === identity.startTime && now.host === identity.host;
}

/** Sends SIGTERM to a group, waits until its last member is gone, and sends SIGKILL after `graceMs`. */
export async function endProcessGroup(pid: number, graceMs: number): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  if (await waitForGroupEnd(pid, graceMs)) return;
  signalGroup(pid, 'SIGKILL');
  await waitForGroupEnd(pid, 5000);
}

async function waitForGroupEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  // The death of the leader is not the death of the group.
  while (signalGroup(pid, 0)) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  // 0 would be our own group, and -1 every process.
  if (pid <= 1) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function hostIdentity(): string {
  let bootId = '';
  try {
    bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Not every container shows it; the host name then has to do.
  }
  return `${hostname()} ${bootId}`.trim();
}
