// Locks the promise of the call ledger: whatever dies, a run ends with the same data, and what may be asked twice is only
// what was in the air.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import { onlineDpoConfig, type OnlineDpoConfig } from '../../configs/schema/online-dpo.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { pauseSignal, progressQuery, resumeSignal, stopSignal } from '../../workflows/loop-control.ts';
import type { onlineDpoWorkflow } from '../../workflows/online-dpo.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const CALLS_IN_FLIGHT = 8;
const PROMPTS = 24;
const CALLS = PROMPTS * 4;

let temporal: TestWorkflowEnvironment;
let folder: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

let isRefused: (body: string) => boolean;
let answerOf: (prompt: string, seed: number) => string;

beforeEach(async () => {
  isRefused = () => false;
  // Pure in prompt and seed: half of the answers obey, so that every group has a pair.
  answerOf = (prompt, seed) =>
    seed % 2 === 0 ? `short answer about ${prompt.length}` : 'A long, long answer, with commas.';
  folder = await mkdtemp(join(tmpdir(), 'tickloop-run-'));
  server = await startScriptedModelServer({
    intercept: ({ path, body }) =>
      path === '/v1/chat/completions' && isRefused(JSON.stringify(body))
        ? { status: 400, body: { error: { message: 'this prompt is refused' } } }
        : undefined,
    deterministic: {
      answer: (prompt, seed) => answerOf(prompt, seed),
      model: 'scripted',
      delayMs: 60,
    },
  });
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function writePrompts(name: string, count: number): Promise<string> {
  const path = join(folder, `${name}.jsonl`);
  const rows = Array.from({ length: count }, (_, index) => ({
    promptId: `${name}-${index}`,
    messages: [{ role: 'user', content: `${name} prompt ${'x'.repeat(index)}` }],
    checklist: [{ question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } }],
  }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

async function makeConfig(training: OnlineDpoConfig['training']): Promise<OnlineDpoConfig> {
  return onlineDpoConfig.parse({
    loop: 'online-dpo',
    data: { train: await writePrompts('train', PROMPTS), heldOut: await writePrompts('held-out', 4) },
    policy: { baseUrl: server.baseUrl, model: 'scripted', modelPath: folder, callsInFlight: CALLS_IN_FLIGHT },
    sampling: { samplesPerPrompt: 8, samplesPerCall: 2 },
    shards: { rows: 6, inFlight: 2 },
    training,
    temporal: { address: temporal.address, taskQueue: 'killed-run' },
  });
}

async function startRun(name: string, storeName: string, training: OnlineDpoConfig['training'] = null) {
  const config = await makeConfig(training);
  const run = { runName: 'same', storeRoot: join(folder, storeName), configHash: '0'.repeat(64) };
  return temporal.client.workflow.start<typeof onlineDpoWorkflow>('onlineDpoWorkflow', {
    workflowId: name,
    taskQueue: 'killed-run-workflow',
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

function chatCalls(): number {
  return server.requests.filter(
    ({ path, body }) => path === '/v1/chat/completions' && JSON.stringify(body).includes('train prompt'),
  ).length;
}

async function untilChatCalls(count: number): Promise<void> {
  while (chatCalls() < count) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function pairsHash(storeName: string): Promise<string | undefined> {
  const manifest = await createLocalArtifactStore({ root: join(folder, storeName) }).find(
    roundName('same', 1, 'pairs'),
  );
  expect(manifest?.rows).toBe(PROMPTS);
  return manifest?.contentHash;
}

describe('a run on a real Temporal server', () => {
  it('ends with the same data hash when its worker is killed, and repeats only calls in the air', async () => {
    worker = await startWorkerProcess(temporal.address, 'killed-run');
    await (await startRun('undisturbed', 'a')).result();
    const undisturbed = chatCalls();
    expect(undisturbed).toBe(CALLS);

    const killed = await startRun('killed', 'b');
    await untilChatCalls(undisturbed + 40);
    await worker.kill('SIGKILL');
    worker = await startWorkerProcess(temporal.address, 'killed-run');
    const result = await killed.result();

    expect(result.status).toBe('done');
    expect(await pairsHash('b')).toBe(await pairsHash('a'));
    const repeated = chatCalls() - undisturbed - CALLS;
    expect(repeated).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
    const counts = await createLocalLedgerStore({ root: join(folder, 'b') }).countsBelow('same/round-001');
    expect(counts.answered).toBe(CALLS);
    expect(counts.lost).toBe(repeated);
  });

  it('waits while paused, goes on when resumed, and asks nothing in between', async () => {
    worker = await startWorkerProcess(temporal.address, 'killed-run');
    const handle = await startRun('paused', 'c');
    await untilChatCalls(10);
    await handle.signal(pauseSignal);
    // The two shards in the air are finished first: 6 prompts of 4 calls each.
    await untilChatCalls(48);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(chatCalls()).toBe(48);
    expect((await handle.query(progressQuery)).paused).toBe(true);
    await handle.signal(resumeSignal);
    expect((await handle.result()).status).toBe('done');
    expect(chatCalls()).toBe(CALLS);
  });

  it('stops with a report, and a new start of the same run pays only for the rest', async () => {
    worker = await startWorkerProcess(temporal.address, 'killed-run');
    const handle = await startRun('stopped', 'd');
    await untilChatCalls(30);
    await handle.signal(stopSignal);
    const stopped = await handle.result();
    expect(stopped.status).toBe('stopped');
    expect(stopped.reportHtml).toMatch(/index\.html$/);
    const paid = chatCalls();
    expect(paid).toBeLessThan(CALLS);
    expect((await (await startRun('stopped', 'd')).result()).status).toBe('done');
    expect(chatCalls() - paid).toBeLessThanOrEqual(CALLS - paid + CALLS_IN_FLIGHT);
    await pairsHash('d');
  });

  it('holds a stage with too many failed rollouts, says why, and takes it as it is when resumed', async () => {
    isRefused = (body) => /train prompt x{0,5}"/.test(body); // 6 of 24 prompts
    worker = await startWorkerProcess(temporal.address, 'killed-run');
    const handle = await startRun('held', 'e');
    const round = temporal.client.workflow.getHandle('held/round-1');
    const heldBecause = async () => {
      for (;;) {
        const reason = await round.query(progressQuery).then(
          (progress) => progress.heldBecause,
          () => null, // the round has not begun
        );
        if (reason !== null) return reason;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    // 6 prompts x 8 rollouts of 24 x 8.
    expect(await heldBecause()).toContain('48 of 192 rollouts failed, more than limits.maxFailedShare allows (0.1)');
    const asked = chatCalls();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(chatCalls()).toBe(asked);
    await handle.signal(resumeSignal);
    expect((await handle.result()).status).toBe('done');
  });

  it('writes a report before it fails', async () => {
    answerOf = () => 'always the same';
    worker = await startWorkerProcess(temporal.address, 'killed-run');
    await writeFile(join(folder, 'config.json'), '{}'); // what a checkpoint is known by
    const { training } = onlineDpoConfig.parse({ ...(await makeConfig(null)), training: {} });
    const handle = await startRun('failed', 'f', training);
    await expect(handle.result()).rejects.toThrow();
    const report = JSON.parse(await readFile(join(folder, 'f', 'files', 'same', 'report', 'report.json'), 'utf8')) as {
      readonly status: string;
      readonly statusReason: string;
    };
    expect(report.status).toBe('failed');
    expect(report.statusReason).toContain('has nothing to train on');
  });
});
