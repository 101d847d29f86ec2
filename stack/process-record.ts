import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseProcessStat } from '../domain/process-stat.ts';

/** What is remembered of a process that the stack started, so that a later command finds exactly that one. */
export interface ProcessRecord {
  readonly pid: number;
  /** Boot id and start tick: a recycled pid has another one. */
  readonly startTime: string;
  readonly command: readonly string[];
  readonly port: number | null;
  readonly address: string;
}

function readStat(pid: number): ReturnType<typeof parseProcessStat> {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (stat === undefined) return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { ...stat, startTime: `${boot}:${stat.startTime}` };
  } catch {
    return undefined;
  }
}

/** Start time of a running process; undefined when there is none with this pid, or only its zombie. */
export function readStartTime(pid: number): string | undefined {
  const stat = readStat(pid);
  return stat === undefined || stat.hasEnded ? undefined : stat.startTime;
}

/** True while the very process of the record runs. */
export function isAlive(record: ProcessRecord): boolean {
  return readStartTime(record.pid) === record.startTime;
}

/** True when any process of the record's group is left, even if its leader died. */
export function isGroupAlive(record: ProcessRecord): boolean {
  const leader = readStat(record.pid);
  if (leader !== undefined && leader.startTime !== record.startTime) return false;
  const boot = record.startTime.split(':')[0];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      const stat = readStat(Number(name));
      return stat?.groupId === record.pid && !stat.hasEnded && stat.startTime.split(':')[0] === boot;
    });
}

/** Writes the record of a part whole or not at all. */
export function writeProcessRecord(folder: string, part: string, record: ProcessRecord): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${part}.json`);
  writeFileSync(`${path}.partial`, `${JSON.stringify(record)}\n`);
  renameSync(`${path}.partial`, path);
}

/** Reads the record of a part; undefined when there is none or it is no record. */
export function readProcessRecord(folder: string, part: string): ProcessRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, `${part}.json`), 'utf8')) as Partial<ProcessRecord>;
    if (typeof record.pid !== 'number' || record.pid <= 1 || typeof record.startTime !== 'string') return undefined;
    return {
      pid: record.pid,
      startTime: record.startTime,
      command: record.command ?? [],
      port: record.port ?? null,
      address: record.address ?? '',
    };
  } catch {
    return undefined;
  }
}

/** Forgets the process of a part. */
export function removeProcessRecord(folder: string, part: string): void {
  rmSync(join(folder, `${part}.json`), { force: true });
}
