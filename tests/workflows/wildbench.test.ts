// Locks that the WildBench loop finds the truth of a scripted judge over a real Temporal server, and that a killed one pays
// for no call twice beyond what was in the air and ends with the same rows.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { wildbenchConfig } from '../../configs/schema/wildbench.ts';
import type { WildbenchReport } from '../../domain/report/wildbench/wildbench-report.ts';
import type { wildbenchWorkflow } from '../../workflows/wildbench.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { judgeTruly, topicOf, writeTasks } from '../support/wildbench-world.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASKS = 12;
const CALLS_IN_FLIGHT = 4;
/** Answers of two policies, scores of each, and one pair in both orders. */
const CALLS_OF_A_RUN = TASKS * (2 + 2 + 2);

let temporal: TestWorkflowEnvironment;
let folder: string;
let plain: Awaited<ReturnType<typeof startScriptedModelServer>>;
let other: Awaited<ReturnType<typeof startScriptedModelServer>>;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-wildbench-'));
  const start = (model: string, quality: (topic: string) => string) =>
    startScriptedModelServer({
      deterministic: {
        model,
        delayMs: 40,
        answer: (prompt) => judgeTruly(prompt) ?? `${topicOf(prompt)} is ${quality(topicOf(prompt))}`,
      },
    });
  plain = await start('plain', () => 'fair');
  // Good on all but one task, where it is awful.
  other = await start('other', (topic) => (topic === 'topic-5' ? 'awful' : 'good'));
  await writeTasks(join(folder, 'tasks.jsonl'), TASKS);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await plain.close();
  await other.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(workflowId: string, storeName: string) {
  const config = wildbenchConfig.parse({
    loop: 'wildbench',
    data: { tasks: join(folder, 'tasks.jsonl') },
    policy: { baseUrl: plain.baseUrl, model: 'plain', callsInFlight: CALLS_IN_FLIGHT },
    policies: { plain: {}, other: { baseUrl: other.baseUrl, model: 'other' } },
    baselines: ['plain'],
    judges: { wise: { baseUrl: plain.baseUrl, model: 'plain', callsInFlight: CALLS_IN_FLIGHT } },
    sampling: { maxTokens: 64 },
    wildbench: { bothOrders: true },
    shards: { rows: 4, inFlight: 2 },
    store: { minFreeMb: 0 },
    temporal: { address: temporal.address, taskQueue: 'wildbench' },
  });
  const run = { runName: 'same', storeRoot: join(folder, storeName), configHash: '0'.repeat(64) };
  return temporal.client.workflow.start<typeof wildbenchWorkflow>('wildbenchWorkflow', {
    workflowId,
    taskQueue: 'wildbench-workflow',
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

/** Content hashes of all answers and judgments. */
async function hashes(storeName: string): Promise<Readonly<Record<string, string>>> {
  const store = createLocalArtifactStore({ root: join(folder, storeName) });
  const names = await store.list('same/policies/');
  const found = await Promise.all(
    names.map(async (name) => [name, (await store.find(name))?.contentHash ?? ''] as const),
  );
  return Object.fromEntries(found);
}

const chatCalls = () =>
  [...plain.requests, ...other.requests].filter(({ path }) => path === '/v1/chat/completions').length;

describe('the WildBench loop', () => {
  it('finds the scores and choices of a judge that knows the truth', async () => {
    worker = await startWorkerProcess(temporal.address, 'wildbench');
    const result = await (await start('whole', 'a')).result();
    expect(result.status).toBe('done');
    expect(chatCalls()).toBe(CALLS_OF_A_RUN);
    const report = JSON.parse(await readFile(result.reportJson, 'utf8')) as WildbenchReport;
    const [board] = report.boards;
    // 11 times 7 and once 1 is a mean of 6.5, adjusted to 3, times 10; 11 slight wins and a great loss of 12 are 4.5 / 12.
    expect(board?.leaderboard.map(({ model, score, reward }) => [model, score?.value, reward?.value])).toEqual([
      ['other', 30, 37.5],
      ['plain', 0, 0],
    ]);
    const [winner] = board?.leaderboard ?? [];
    // One task in twelve may be drawn several times or never: the highest mean is that of eleven-fold luck.
    expect(winner?.score?.low).toBeLessThan(30);
    expect(winner?.score?.high).toBe(40);
    const rewards = board?.policies.find(({ policy }) => policy === 'other')?.rewards[0];
    expect(rewards).toMatchObject({
      counts: { win_much: 0, win: 22, tie: 0, lose: 0, lose_much: 2 },
      consistency: { bothOrders: 12, sameWinner: 12, sameOutcome: 12 },
      missing: 0,
    });
  });

  it('killed and started again repeats only calls in the air, and ends with the same rows', async () => {
    worker = await startWorkerProcess(temporal.address, 'wildbench');
    await (await start('undisturbed', 'a')).result();
    const killed = await start('killed', 'b');
    while (chatCalls() < CALLS_OF_A_RUN + CALLS_OF_A_RUN / 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await worker.kill('SIGKILL');
    worker = await startWorkerProcess(temporal.address, 'wildbench');
    expect((await killed.result()).status).toBe('done');
    // Each of the two servers has a lane of its own.
    expect(chatCalls() - 2 * CALLS_OF_A_RUN).toBeLessThanOrEqual(2 * CALLS_IN_FLIGHT);
    const disturbed = await hashes('b');
    expect(Object.keys(disturbed)).toHaveLength(3 * (2 + 2 + 1));
    expect(disturbed).toEqual(await hashes('a'));
  });
});
