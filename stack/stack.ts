import { StackError } from '../domain/errors.ts';
import { ensureServer, findOwnProcess } from './ensure-part.ts';
import { launchPart, waitUntilReady } from './launch-part.ts';
import { stackPaths, type StackPart, type StackPaths } from './paths.ts';
import { isAlive, readProcessRecord, removeProcessRecord, type ProcessRecord } from './process-record.ts';
import { withStackLock } from './stack-lock.ts';
import { stopProcess, type StopOutcome } from './stop-process.ts';
import { probeTemporal, temporalCommand } from './temporal.ts';
import { probeVllm, requireDevEndpoints, vllmCommand } from './vllm.ts';
import { isWorkerReady, workerAddress, workerCommand, type WorkerOptions } from './worker.ts';

/** Addresses of the parts. */
export interface StackOptions extends WorkerOptions {
  readonly vllmUrl: string;
  /** Start vLLM in development mode, in which it takes whole weights at run time; false by default. */
  readonly devEndpoints?: boolean;
}

/** What became of one part. */
type StackStep =
  | { readonly part: StackPart; readonly state: 'starting' | 'started' | 'found' }
  | { readonly part: null; readonly state: 'waiting'; readonly pid: number };

/** Options of a start; `paths` and `workerEntry` are for another project folder or worker script. */
interface StartStackOptions extends StackOptions {
  readonly onStep?: (step: StackStep) => void;
  readonly paths?: StackPaths;
  readonly workerEntry?: string;
}

const GRACE_MS: Readonly<Record<StackPart, number>> = { worker: 30_000, vllm: 20_000, temporal: 10_000 };

async function hasNamespace(address: string, namespace: string, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const probe = await probeTemporal(address, namespace);
    if (probe.state === 'answers' && probe.hasNamespace) return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function ensureTemporal(paths: StackPaths, options: StartStackOptions): Promise<boolean> {
  const { temporalAddress: address, namespace } = options;
  const started = await ensureServer(paths, {
    part: 'temporal',
    title: 'a Temporal server',
    address,
    timeoutMs: 60_000,
    probe: async () => (await probeTemporal(address, namespace)).state,
    command: () => temporalCommand(paths, address, namespace),
  });
  // A dev server registers its namespaces just after it opens its port.
  if (await hasNamespace(address, namespace, started ? 15_000 : 1000)) return started;
  throw new StackError(
    'stack/not-running',
    `The Temporal server at ${address} has no namespace "${namespace}": create it with ` +
      `"temporal operator namespace create --address ${address} --namespace ${namespace}", or correct the name.`,
  );
}

async function ensureVllm(paths: StackPaths, { vllmUrl, devEndpoints }: StartStackOptions): Promise<boolean> {
  const started = await ensureServer(paths, {
    part: 'vllm',
    title: 'vLLM',
    address: vllmUrl,
    timeoutMs: 300_000,
    probe: async () => (await probeVllm(vllmUrl)).state,
    command: () => vllmCommand(paths, vllmUrl, devEndpoints),
  });
  if (devEndpoints && !started) await requireDevEndpoints(vllmUrl);
  return started;
}

async function ensureWorker(paths: StackPaths, options: StartStackOptions): Promise<boolean> {
  const wanted = workerCommand(paths, options, options.workerEntry);
  const own = findOwnProcess(paths, 'worker', wanted.address);
  if (own !== undefined && own.command.join('\n') !== wanted.command.join('\n')) {
    throw new StackError(
      'stack/start-failed',
      `The worker of this project (pid ${own.pid}) runs with other options (${own.command.slice(4).join(' ')}): ` +
        `stop it with "tickloop down" first.`,
    );
  }
  const wasReady = own !== undefined && isWorkerReady(paths);
  const record = own ?? (await launchPart(paths, wanted));
  await waitUntilReady(paths, 'worker', record, async () => isWorkerReady(paths), { timeoutMs: 120_000 });
  return !wasReady && own === undefined;
}

/** Brings up what does not answer yet, servers side by side and then the worker; returns the parts it started. */
export async function startStack(options: StartStackOptions): Promise<readonly StackPart[]> {
  const paths = options.paths ?? stackPaths();
  const started: StackPart[] = [];
  const bringUp = async (part: StackPart, ensure: typeof ensureVllm) => {
    options.onStep?.({ part, state: 'starting' });
    const isNew = await ensure(paths, options);
    if (isNew) started.push(part);
    options.onStep?.({ part, state: isNew ? 'started' : 'found' });
  };
  const onWait = (pid: number) => options.onStep?.({ part: null, state: 'waiting', pid });
  try {
    return await withStackLock(
      paths.stack,
      async () => {
        const servers = await Promise.allSettled([bringUp('temporal', ensureTemporal), bringUp('vllm', ensureVllm)]);
        for (const server of servers) if (server.status === 'rejected') throw server.reason;
        if (options.roles?.length !== 0) await bringUp('worker', ensureWorker);
        return started;
      },
      { onWait },
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new StackError('stack/no-space', `The disk of ${paths.root} is full: free some space, then try again.`, {
      cause: error,
    });
  }
}

/** Parts that are brought back: without Temporal there is nobody to ask what a run wants. */
type RevivedPart = Exclude<StackPart, 'temporal'>;

/** Parts that this project started for these addresses and that died since; what `down` has stopped is not among them. */
export function findDeadParts(options: StartStackOptions): readonly RevivedPart[] {
  return readDeadParts(options).map(({ part }) => part);
}

/** Starts again what died. */
export async function reviveStack(options: StartStackOptions): Promise<void> {
  const paths = options.paths ?? stackPaths();
  await withStackLock(paths.stack, async () => {
    // Looked at again: another command may have stopped or started it while this one waited for the lock.
    for (const { part, record } of readDeadParts(options)) {
      options.onStep?.({ part, state: 'starting' });
      // What a killed leader leaves behind may still hold its port.
      await stopProcess(record, { graceMs: 2000 });
      const ensure = part === 'vllm' ? ensureVllm : ensureWorker;
      options.onStep?.({ part, state: (await ensure(paths, options)) ? 'started' : 'found' });
    }
  });
}

function readDeadParts(options: StartStackOptions) {
  const { stack } = options.paths ?? stackPaths();
  const addresses = { vllm: options.vllmUrl, worker: workerAddress(options) } as const;
  const parts = options.roles?.length === 0 ? (['vllm'] as const) : (['vllm', 'worker'] as const);
  return parts.flatMap((part): readonly { readonly part: RevivedPart; readonly record: ProcessRecord }[] => {
    const record = readProcessRecord(stack, part);
    return record?.address === addresses[part] && !isAlive(record) ? [{ part, record }] : [];
  });
}

/** Stops what this project started, the worker first so that it can hand its work back; foreign servers stay. */
export async function stopStack(
  paths: StackPaths = stackPaths(),
  onStop?: (part: StackPart, outcome: StopOutcome) => void,
): Promise<void> {
  await withStackLock(paths.stack, async () => {
    for (const part of ['worker', 'vllm', 'temporal'] as const) {
      const record = readProcessRecord(paths.stack, part);
      const outcome = record === undefined ? 'not-running' : await stopProcess(record, { graceMs: GRACE_MS[part] });
      removeProcessRecord(paths.stack, part);
      onStop?.(part, outcome);
    }
  });
}
