// Locks that both STICK loops do what the paper says over a real Temporal server, and that a killed one pays for no call
// twice beyond what was in the air and ends with the same rows.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { bestOfNConfig } from '../../configs/schema/best-of-n.ts';
import { refineConfig } from '../../configs/schema/refine.ts';
import type { Selection } from '../../domain/best-of-n/candidate.ts';
import type { Refinement } from '../../domain/refine/refinement.ts';
import type { RunResult } from '../../domain/run.ts';
import type { bestOfNWorkflow } from '../../workflows/best-of-n.ts';
import type { refineWorkflow } from '../../workflows/refine.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const PROMPTS = 12;
const CALLS_IN_FLIGHT = 4;

let temporal: TestWorkflowEnvironment;
let folder: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-stick-'));
  server = await startScriptedModelServer({ deterministic: { answer: obey, model: 'scripted', delayMs: 40 } });
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** First answers break both rules, but for a quarter of the samples; a rewrite mends the first point that is not met. */
function obey(prompt: string, seed: number): string {
  if (prompt.startsWith('You check one property')) return judgeItem(prompt);
  if (prompt.includes('checklist') && !prompt.includes('not met yet')) return WRITTEN_CHECKLIST;
  const topic = /topic-\d+/.exec(prompt)?.[0] ?? 'nothing';
  const unmet = /not met yet:(.*)These points are met/s.exec(prompt)?.[1] ?? '';
  if (unmet.includes('commas')) return `TALK OF ${topic.toUpperCase()}`;
  if (unmet.includes('lowercase')) return `talk of ${topic}`;
  return seed % 4 === 3 ? `talk of ${topic}` : `Well, TALK of ${topic}`;
}

const WRITTEN_CHECKLIST = 'It asks for talk.\n\n1. Is the answer free of commas?\n2. Is the answer in lowercase?';

/** A judge that is always right about the two questions. */
function judgeItem(prompt: string): string {
  const answer = /came back:\n\n```text\n(.*?)\n```/s.exec(prompt)?.[1] ?? '';
  const isMet = prompt.includes('free of commas?') ? !answer.includes(',') : answer === answer.toLowerCase();
  return `I looked at it.\n\nVERDICT: ${isMet ? 'YES' : 'NO'}`;
}

async function writePrompts(): Promise<string> {
  const path = join(folder, 'prompts.jsonl');
  const rows = Array.from({ length: PROMPTS }, (_, index) => ({
    promptId: `p-${index}`,
    messages: [{ role: 'user', content: `Talk about topic-${index}` }],
    checklist: [
      { question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } },
      { question: 'Is the answer in lowercase?', verifier: { kind: 'all_lowercase', args: {} } },
    ],
  }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

const shared = async () => ({
  data: { prompts: await writePrompts() },
  policy: { baseUrl: server.baseUrl, model: 'scripted', callsInFlight: CALLS_IN_FLIGHT },
  shards: { rows: 4, inFlight: 2 },
  temporal: { address: temporal.address, taskQueue: 'stick' },
});

async function startRefine(workflowId: string, storeName: string, changes: Partial<z.input<typeof refineConfig>> = {}) {
  const config = refineConfig.parse({
    ...(await shared()),
    loop: 'refine',
    refine: { turns: 3, baselines: ['self-refine'] },
    ...changes,
  });
  const run = { runName: 'same', storeRoot: join(folder, storeName), configHash: '0'.repeat(64) };
  return temporal.client.workflow.start<typeof refineWorkflow>('refineWorkflow', {
    workflowId,
    taskQueue: 'stick-workflow',
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

async function startBestOfN(workflowId: string) {
  const config = bestOfNConfig.parse({
    ...(await shared()),
    loop: 'best-of-n',
    sampling: { samplesPerPrompt: 8, samplesPerCall: 4 },
    bestOfN: { baselines: ['greedy', 'self-score', 'majority'] },
  });
  const run = { runName: 'same', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  return temporal.client.workflow.start<typeof bestOfNWorkflow>('bestOfNWorkflow', {
    workflowId,
    taskQueue: 'stick-workflow',
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

async function readRows<Row extends object>(storeName: string, prefix: string): Promise<readonly Row[]> {
  const store = createLocalArtifactStore({ root: join(folder, storeName) });
  const names = await store.list(`same/${prefix}/results/`);
  const shards = await Promise.all(
    names.map(async (name) => {
      const manifest = await store.find(name);
      return manifest === undefined ? [] : store.read<Row>(manifest);
    }),
  );
  return shards.flat();
}

const chatCalls = () => server.requests.filter(({ path }) => path === '/v1/chat/completions').length;

async function untilChatCalls(count: number): Promise<void> {
  while (chatCalls() < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the refine loop', () => {
  it('rewrites until all is passed, and keeps every turn', async () => {
    worker = await startWorkerProcess(temporal.address, 'stick');
    const result: RunResult = await (await startRefine('whole', 'a')).result();
    expect(result.status).toBe('done');

    const rows = await readRows<Refinement>('a', 'refine');
    expect(rows).toHaveLength(PROMPTS);
    const [row] = rows.filter(({ turns_T }) => turns_T.length === 3);
    expect(row?.turns_T.map(({ text, passRate }) => [text.replace(/topic-\d+/i, 'T'), passRate])).toEqual([
      ['Well, TALK of T', 0],
      ['TALK OF T', 0.5],
      ['talk of T', 1],
    ]);
    expect(row?.turns_T.map(({ gained, lost }) => [gained, lost])).toEqual([
      [[], []],
      [[0], []],
      [[1], []],
    ]);
    expect(row).toMatchObject({ stopReason: 'all-pass', returnedTurn: 2 });
    // Code decides the given items, so the same code measures.
    expect(row?.turns_T.map(({ goldPassRate }) => goldPassRate)).toEqual([0, 0.5, 1]);
  });

  it('is steered by checklists that the policy writes anew each turn, and measured by those that the prompts bring', async () => {
    worker = await startWorkerProcess(temporal.address, 'stick');
    const handle = await startRefine('regenerated', 'c', {
      checklists: { source: 'tick' },
      judge: { baseUrl: server.baseUrl, model: 'scripted', useVerifiers: false },
      refine: { turns: 3, checklist: 'regenerated', returns: 'last', baselines: ['self-refine'] },
    });
    expect((await handle.result()).status).toBe('done');
    const [row] = (await readRows<Refinement>('c', 'refine')).filter(({ turns_T }) => turns_T.length === 3);
    expect(row?.turns_T.map(({ verdicts_I, passRate }) => [verdicts_I[0]?.by, passRate])).toEqual([
      ['judge', 0],
      ['judge', 0.5],
      ['judge', 1],
    ]);
    expect(row?.turns_T.map(({ gold_I, goldPassRate }) => [gold_I[0]?.by, goldPassRate])).toEqual([
      ['code', 0],
      ['code', 0.5],
      ['code', 1],
    ]);
    expect(row?.turns_T.map(({ ownChecklist }) => ownChecklist?.length ?? null)).toEqual([null, 2, 2]);
  });

  it('killed and started again repeats only calls in the air, and ends with the same rows', async () => {
    worker = await startWorkerProcess(temporal.address, 'stick');
    await (await startRefine('undisturbed', 'a')).result();
    const undisturbed = chatCalls();

    const killed = await startRefine('killed', 'b');
    await untilChatCalls(undisturbed + 20);
    await worker.kill('SIGKILL');
    worker = await startWorkerProcess(temporal.address, 'stick');
    expect((await killed.result()).status).toBe('done');

    expect(chatCalls() - 2 * undisturbed).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
    expect(await readRows('b', 'refine')).toEqual(await readRows('a', 'refine'));
    expect(await readRows('b', 'self-refine')).toEqual(await readRows('a', 'self-refine'));
  });
});

describe('the Best-of-N loop', () => {
  it('chooses the candidate that passes most, and measures the baselines on the same candidates', async () => {
    worker = await startWorkerProcess(temporal.address, 'stick');
    expect((await (await startBestOfN('best')).result()).status).toBe('done');
    const rows = await readRows<Selection>('store', 'candidates');
    expect(rows).toHaveLength(PROMPTS);
    for (const row of rows) {
      // Samples 3 and 7 of a group obey: a group's seeds are a multiple of 4 and what follows.
      expect(row.tied).toEqual([3, 7]);
      expect([3, 7]).toContain(row.chosen);
      expect(row).toMatchObject({ distinct: 2, failed: 0, decidedBy: 'seed' });
      expect(row.candidates_N.map(({ goldPassRate }) => goldPassRate)).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
      expect(row.greedy?.goldPassRate).not.toBeNull();
    }
    // 2 calls of 4 candidates, 1 greedy call and 8 self-scores a prompt.
    expect(chatCalls()).toBe(PROMPTS * (2 + 1 + 8));
  });
});
