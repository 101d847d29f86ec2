import { isLoopback, parseAddress } from './address.ts';
import { logPathOf } from './launch-part.ts';
import { stackPaths, type StackPart, type StackPaths } from './paths.ts';
import { findPortOwner } from './port-owner.ts';
import { isAlive, readProcessRecord } from './process-record.ts';
import type { StackOptions } from './stack.ts';
import { probeTemporal } from './temporal.ts';
import { probeVllm } from './vllm.ts';
import { isWorkerReady } from './worker.ts';

/** `stopped` is what a start would bring up; `missing` is what it could not. */
export type PartState = 'found' | 'stopped' | 'missing';

/** What is known of one part of the stack. */
export interface PartReport {
  readonly part: StackPart;
  readonly state: PartState;
  readonly address: string;
  readonly version: string | null;
  readonly pid: number | null;
  readonly models: readonly string[];
  /** What to do; null when nothing. */
  readonly advice: string | null;
}

function ownPid(paths: StackPaths, part: StackPart): number | null {
  const record = readProcessRecord(paths.stack, part);
  return record !== undefined && isAlive(record) ? record.pid : null;
}

function reportAbsent(paths: StackPaths, part: StackPart, address: string, state: 'silent' | 'foreign'): PartReport {
  const hostPort = parseAddress(address);
  const pid = ownPid(paths, part);
  const base = { part, address, version: null, models: [] };
  if (pid !== null) {
    return { ...base, state: 'stopped', pid, advice: `it is not ready yet: wait, or read ${logPathOf(paths, part)}` };
  }
  if (state === 'foreign') {
    const owner = findPortOwner(hostPort.port) ?? null;
    const advice = 'something else listens there: stop it, or choose another address';
    return { ...base, state: 'missing', pid: owner, advice };
  }
  return isLoopback(hostPort)
    ? { ...base, state: 'stopped', pid: null, advice: 'run: tickloop up' }
    : { ...base, state: 'missing', pid: null, advice: 'start it there, or correct the address' };
}

async function inspectTemporal(paths: StackPaths, address: string, namespace: string): Promise<PartReport> {
  const probe = await probeTemporal(address, namespace);
  if (probe.state !== 'answers') return reportAbsent(paths, 'temporal', address, probe.state);
  return {
    part: 'temporal',
    state: probe.hasNamespace ? 'found' : 'missing',
    address,
    version: probe.version,
    pid: ownPid(paths, 'temporal'),
    models: [],
    advice: probe.hasNamespace ? null : `it has no namespace "${namespace}": create it, or correct the name`,
  };
}

async function inspectVllm(paths: StackPaths, url: string): Promise<PartReport> {
  const probe = await probeVllm(url);
  if (probe.state !== 'answers') return reportAbsent(paths, 'vllm', url, probe.state);
  const { version, models } = probe;
  return { part: 'vllm', state: 'found', address: url, version, pid: ownPid(paths, 'vllm'), models, advice: null };
}

function inspectWorker(paths: StackPaths, options: StackOptions): PartReport {
  const pid = ownPid(paths, 'worker');
  const isReady = pid !== null && isWorkerReady(paths);
  const waits = pid === null ? 'run: tickloop up' : `it is not ready yet: wait, or read ${logPathOf(paths, 'worker')}`;
  return {
    part: 'worker',
    state: isReady ? 'found' : 'stopped',
    address: readProcessRecord(paths.stack, 'worker')?.address ?? `${options.taskQueue} on ${options.temporalAddress}`,
    version: null,
    pid,
    models: [],
    advice: isReady ? null : waits,
  };
}

/** Looks at every part of the stack without changing anything. */
export async function inspectStack(
  options: StackOptions,
  paths: StackPaths = stackPaths(),
): Promise<readonly PartReport[]> {
  const servers = await Promise.all([
    inspectTemporal(paths, options.temporalAddress, options.namespace),
    inspectVllm(paths, options.vllmUrl),
  ]);
  return [...servers, inspectWorker(paths, options)];
}
