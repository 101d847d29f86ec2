import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isLoopback, parseAddress } from '../../stack/address.ts';
import { ensureServer, type ProbeState } from '../../stack/ensure-part.ts';
import { launchPart, waitUntilReady, type PartCommand } from '../../stack/launch-part.ts';
import { stackPaths, type StackPaths } from '../../stack/paths.ts';
import { findPortOwner } from '../../stack/port-owner.ts';
import { isAlive, isGroupAlive, readProcessRecord } from '../../stack/process-record.ts';
import { withStackLock } from '../../stack/stack-lock.ts';
import { findDeadParts, reviveStack, stopStack } from '../../stack/stack.ts';
import { probeTemporal } from '../../stack/temporal.ts';
import { probeVllm, requireDevEndpoints, vllmCommand } from '../../stack/vllm.ts';
import { isWorkerReady, workerCommand } from '../../stack/worker.ts';

let paths: StackPaths;
const servers: Server[] = [];

beforeEach(() => {
  paths = stackPaths(mkdtempSync(join(tmpdir(), 'tickloop-stack-')), {});
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stopStack(paths);
  for (const server of servers.splice(0)) server.close();
  rmSync(paths.root, { recursive: true, force: true });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const script = (text: string): PartCommand => ({
  part: 'vllm',
  command: [process.execPath, '-e', text],
  environment: {},
  address: 'http://127.0.0.1:9',
  port: 9,
});

const wanted = (address: string, state: ProbeState) => ({
  part: 'vllm' as const,
  title: 'vLLM',
  address,
  timeoutMs: 1000,
  probe: async () => state,
  command: () => script('setInterval(() => {}, 1000)'),
});

describe('stack start', () => {
  it('names the port and the process when something else listens there', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined).end('hello\n')));
    const url = `http://127.0.0.1:${port}`;
    expect(findPortOwner(port)).toBe(process.pid);
    expect(await probeVllm(url)).toEqual({ state: 'foreign' });
    await expect(ensureServer(paths, wanted(url, 'foreign'))).rejects.toMatchObject({
      code: 'stack/port-taken',
      message: `Port ${port} of 127.0.0.1 is taken by process ${process.pid}, which does not answer as vLLM: stop it, or choose another address.`,
    });
  });

  it('takes a plain HTTP server for no Temporal server', async () => {
    const port = await listen(createHttpServer((_request, response) => response.end('hello')));
    expect(await probeTemporal(`127.0.0.1:${port}`, 'default')).toEqual({ state: 'foreign' });
  }, 20_000);

  it('finds nothing at a closed port', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await probeTemporal(`127.0.0.1:${port}`, 'default')).toEqual({ state: 'silent' });
    expect(await probeVllm(`http://127.0.0.1:${port}`)).toEqual({ state: 'silent' });
  });

  it('uses a vLLM that answers, with its version and models', async () => {
    const answers: Readonly<Record<string, string>> = {
      '/health': '',
      '/version': '{"version":"0.32.0"}',
      '/v1/models': '{"data":[{"id":"a"},{"id":"b"}]}',
    };
    const port = await listen(createHttpServer((request, response) => response.end(answers[request.url ?? ''])));
    const url = `http://127.0.0.1:${port}/`;
    expect(await probeVllm(url)).toEqual({ state: 'answers', version: '0.32.0', models: ['a', 'b'] });
    expect(await ensureServer(paths, wanted(url, 'answers'))).toBe(false);
    expect(readProcessRecord(paths.stack, 'vllm')).toBeUndefined();
  });

  it('starts nothing for an address of another machine', async () => {
    await expect(ensureServer(paths, wanted('http://gpu.example:8000', 'silent'))).rejects.toMatchObject({
      code: 'stack/not-running',
    });
    expect(readProcessRecord(paths.stack, 'vllm')).toBeUndefined();
  });

  it('reports a process that dies at once with its last log lines', async () => {
    const record = await launchPart(paths, script('console.error("no such model"); process.exit(3)'));
    const waiting = waitUntilReady(paths, 'vllm', record, async () => false, { timeoutMs: 10_000, pollMs: 20 });
    await expect(waiting).rejects.toMatchObject({ code: 'stack/start-failed' });
    await expect(waiting).rejects.toThrow(/vllm ended before it was ready: read .*vllm\.log.*\n {2}no such model/);
  });

  it('says that the disk is full when the log does', async () => {
    const record = await launchPart(
      paths,
      script('console.error("OSError: No space left on device"); process.exit(1)'),
    );
    const waiting = waitUntilReady(paths, 'vllm', record, async () => false, { timeoutMs: 10_000, pollMs: 20 });
    await expect(waiting).rejects.toMatchObject({ code: 'stack/no-space' });
  });

  it('stops a process that is not ready in time', async () => {
    await expect(
      ensureServer(paths, { ...wanted('http://127.0.0.1:9', 'silent'), timeoutMs: 300 }),
    ).rejects.toMatchObject({ code: 'stack/start-failed' });
    const record = readProcessRecord(paths.stack, 'vllm');
    expect(record === undefined ? undefined : isAlive(record)).toBe(false);
  });

  it('waits for a start that was interrupted instead of starting a second process', async () => {
    const first = await launchPart(paths, script('setInterval(() => {}, 1000)'));
    let probes = 0;
    const probe = async (): Promise<ProbeState> => (probes++ < 2 ? 'silent' : 'answers');
    expect(await ensureServer(paths, { ...wanted('http://127.0.0.1:9', 'silent'), probe })).toBe(false);
    expect(readProcessRecord(paths.stack, 'vllm')?.pid).toBe(first.pid);
  });

  it('says to run the set-up when a binary is missing', async () => {
    const missing = { ...script(''), command: [join(paths.root, 'nowhere')] as const };
    await expect(launchPart(paths, missing)).rejects.toMatchObject({ code: 'stack/not-installed' });
    expect(() => vllmCommand(paths, 'http://127.0.0.1:8011')).toThrow(
      /python is missing, so vLLM cannot start: run npm run setup\.$/,
    );
  });

  it('gives the keys of judges and teachers to the worker alone, and vLLM the one that guards it', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'judge');
    vi.stubEnv('VLLM_API_KEY', 'guard');
    const TELL =
      'console.log(JSON.stringify([process.env.OPENAI_API_KEY, process.env.VLLM_API_KEY, process.env.PATH]))';
    const seenBy = async (command: PartCommand) => {
      const record = await launchPart(paths, command);
      while (isAlive(record)) await new Promise((resolve) => setTimeout(resolve, 20));
      return JSON.parse(readFileSync(join(paths.logs, `${command.part}.log`), 'utf8')) as unknown;
    };
    const own = { ...paths, python: process.execPath, model: paths.root };
    const { environment } = vllmCommand(own, 'http://127.0.0.1:8011');
    const path = process.env['PATH'];
    expect(await seenBy({ ...script(TELL), environment })).toEqual([null, 'guard', path]);
    expect(await seenBy({ ...script(TELL), part: 'temporal' })).toEqual([null, null, path]);
    expect(await seenBy({ ...script(TELL), part: 'worker' })).toEqual(['judge', 'guard', path]);
  }, 30_000);

  it('opens the endpoints that replace weights only when asked to, and only on loopback', () => {
    const own = { ...paths, python: process.execPath, model: paths.root };
    const modeOf = (devEndpoints?: boolean) =>
      vllmCommand(own, 'http://localhost:8011', devEndpoints).environment['VLLM_SERVER_DEV_MODE'];
    expect([modeOf(), modeOf(false), modeOf(true)]).toEqual([undefined, undefined, '1']);
    expect(() => vllmCommand(own, 'http://0.0.0.0:8011', true)).toThrow(
      'they ask for no key, so only a loopback address such as http://127.0.0.1:8011 will do.',
    );
  });

  it('does not take a server that has no endpoints to replace weights for one that has', async () => {
    const serve = (hasEndpoint: boolean) =>
      listen(
        createHttpServer((request, response) => {
          response.statusCode = hasEndpoint && request.url === '/weight_info' ? 200 : 404;
          response.end('{"weight_version":"default"}');
        }),
      );
    await requireDevEndpoints(`http://127.0.0.1:${await serve(true)}/`);
    await expect(requireDevEndpoints(`http://127.0.0.1:${await serve(false)}`)).rejects.toMatchObject({
      code: 'stack/start-failed',
      message: expect.stringContaining('runs without its development endpoints'),
    });
  });

  it('sees a worker ready only after its line', async () => {
    symlinkSync(join(stackPaths().root, 'node_modules'), join(paths.root, 'node_modules'));
    const entry = join(paths.root, 'stand-in.ts');
    writeFileSync(entry, 'console.log(process.argv.slice(2).join(" "), "workers ready"); setInterval(() => {}, 1000);');
    const options = { temporalAddress: '127.0.0.1:7233', namespace: 'default', taskQueue: 'q' };
    expect(isWorkerReady(paths)).toBe(false);
    const record = await launchPart(paths, workerCommand(paths, options, entry));
    await waitUntilReady(paths, 'worker', record, async () => isWorkerReady(paths), { timeoutMs: 20_000 });
    expect(record.command.slice(4)).toEqual('--temporal 127.0.0.1:7233 --namespace default --task-queue q'.split(' '));
    const outcomes: string[] = [];
    await stopStack(paths, (part, outcome) => outcomes.push(`${part} ${outcome}`));
    expect(outcomes).toEqual(['worker stopped', 'vllm not-running', 'temporal not-running']);
  }, 30_000);
});

describe('stack revival', () => {
  /** A stand-in for vLLM's Python: it answers at --port, and has a child as the engine is one. */
  const STAND_IN = `#!${process.execPath}
require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
const answers = { '/health': '', '/version': '{"version":"0"}', '/v1/models': '{"data":[]}' };
require('node:http')
  .createServer((request, response) => response.end(answers[request.url]))
  .listen(Number(process.argv[process.argv.indexOf('--port') + 1]), '127.0.0.1');
`;

  it('brings back a server that died, without what it left behind, and leaves alone what was stopped', async () => {
    const python = join(paths.root, 'python');
    writeFileSync(python, STAND_IN, { mode: 0o755 });
    const own = { ...paths, python, model: paths.root };
    const free = createServer();
    const port = await listen(free);
    await new Promise((resolve) => free.close(resolve));
    const vllmUrl = `http://127.0.0.1:${port}`;
    const steps: string[] = [];
    const options = {
      temporalAddress: '127.0.0.1:9',
      namespace: 'default',
      taskQueue: 'q',
      vllmUrl,
      paths: own,
      onStep: ({ part, state }: { readonly part: string | null; readonly state: string }) =>
        steps.push(`${part} ${state}`),
    };
    const first = await launchPart(own, vllmCommand(own, vllmUrl));
    const isReady = async () => (await probeVllm(vllmUrl)).state === 'answers';
    await waitUntilReady(own, 'vllm', first, isReady, { timeoutMs: 10_000 });
    expect(findDeadParts(options)).toEqual([]);

    process.kill(first.pid, 'SIGKILL');
    while (isAlive(first)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(findDeadParts(options)).toEqual(['vllm']);
    expect(findDeadParts({ ...options, vllmUrl: 'http://127.0.0.1:9' })).toEqual([]);
    expect(isGroupAlive(first)).toBe(true);
    await reviveStack(options);
    expect(isGroupAlive(first)).toBe(false);
    expect(await probeVllm(vllmUrl)).toMatchObject({ state: 'answers' });
    await reviveStack(options);
    expect(steps).toEqual(['vllm starting', 'vllm started']);

    await stopStack(own);
    expect(findDeadParts(options)).toEqual([]);
    await reviveStack(options);
    expect(steps).toHaveLength(2);
    expect(await probeVllm(vllmUrl)).toEqual({ state: 'silent' });
  }, 20_000);
});

describe('stack lock', () => {
  it('lets one start in at a time', async () => {
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`${name} out`);
    };
    await Promise.all([withStackLock(paths.stack, work('a')), withStackLock(paths.stack, work('b'))]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
  });

  it('is taken over from a process that died', async () => {
    mkdirSync(paths.stack, { recursive: true });
    writeFileSync(join(paths.stack, 'start.lock'), JSON.stringify({ pid: process.pid, startTime: 'another boot:1' }));
    expect(await withStackLock(paths.stack, async () => 'in')).toBe('in');
  });
});

describe('address', () => {
  it('reads host and port from both spellings, and refuses one without a port', () => {
    expect(parseAddress('127.0.0.1:7233')).toEqual({ host: '127.0.0.1', port: 7233 });
    expect(parseAddress('http://localhost:8011/')).toEqual({ host: 'localhost', port: 8011 });
    expect(parseAddress('https://models.example')).toEqual({ host: 'models.example', port: 443 });
    expect(parseAddress('[::1]:7233')).toEqual({ host: '::1', port: 7233 });
    expect(() => parseAddress('localhost')).toThrow('The address "localhost" has no host and port');
  });

  it('calls only this machine loopback', () => {
    const hosts = ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '10.0.0.1', '127.example.com'];
    expect(hosts.map((host) => isLoopback({ host, port: 1 }))).toEqual([true, true, true, false, false, false]);
  });
});
