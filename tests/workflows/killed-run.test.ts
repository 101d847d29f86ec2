// Locks the promise of the call ledger: whatever dies, a run ends with the same data, and what may be asked twice is only
// what was in the air.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-run-'));
  server = await startScriptedModelServer({
    deterministic: {
      // Pure in prompt and seed: half of the answers obey, so that every group has a pair.
      answer: (prompt, seed) =>
        seed % 2 === 0 ? `short answer about ${prompt.length}` : 'A long, long answer, with commas.',
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

async function dataOnlyConfig(): Promise<OnlineDpoConfig> {
  return onlineDpoConfig.parse({
    loop: 'online-dpo',
    data: { train: await writePrompts('train', PROMPTS), heldOut: await writePrompts('held-out', 4) },
    policy: { baseUrl: server.baseUrl, model: 'scripted', modelPath: folder, callsInFlight: CALLS_IN_FLIGHT },
    sampling: { samplesPerPrompt: 8, samplesPerCall: 2 },
    shards: { rows: 6, inFlight: 2 },
    training: null,
    temporal: { address: temporal.address, taskQueue: 'killed-run' },
  });
}

async function startRun(name: string, storeName: string) {
  const config = await dataOnlyConfig();
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
});
