// Locks that Magpie ends with exactly the rows that were asked for over a real Temporal server, whatever dies on the way, and
// that no call is repeated but those that were in the air.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { datasetName } from '../../domain/artifact-names.ts';
import type { MagpieReport } from '../../domain/report/magpie/magpie-report.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { pauseSignal, progressQuery, resumeSignal } from '../../workflows/loop-control.ts';
import type { magpieWorkflow } from '../../workflows/magpie.ts';
import { MAGPIE_MODEL, makeMagpieConfig, tokenizeByTemplate, writeCheckpoint } from '../support/magpie-world.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const CALLS_IN_FLIGHT = 4;

let temporal: TestWorkflowEnvironment;
let folder: string;
let modelPath: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let worker: WorkerProcess | undefined;
/** What the model writes in place of its usual queries. */
let writes: ((prompt: string, seed: number) => string) | undefined;
/** A path whose requests are refused for what they ask. */
let refused: string | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  writes = undefined;
  refused = undefined;
  folder = await mkdtemp(join(tmpdir(), 'tickloop-magpie-'));
  modelPath = await writeCheckpoint(folder);
  const tokenize = await tokenizeByTemplate();
  server = await startScriptedModelServer({
    intercept: (request) =>
      request.path === refused
        ? { status: 400, body: { error: { message: 'maximum context length is 8 tokens' } } }
        : tokenize(request),
    deterministic: {
      ...MAGPIE_MODEL,
      answer: (prompt, seed, model) => (writes ?? MAGPIE_MODEL.answer)(prompt, seed, model),
      delayMs: 30,
    },
  });
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function start(workflowId: string, storeName: string, changes: Parameters<typeof makeMagpieConfig>[2] = {}) {
  const config = makeMagpieConfig(server.baseUrl, modelPath, {
    temporal: { address: temporal.address, taskQueue: 'magpie' },
    ...changes,
  });
  const run = { runName: 'same', storeRoot: join(folder, storeName), configHash: '0'.repeat(64) };
  return temporal.client.workflow.start<typeof magpieWorkflow>('magpieWorkflow', {
    workflowId,
    taskQueue: 'magpie-workflow',
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

async function readDataset(storeName: string) {
  const store = createLocalArtifactStore({ root: join(folder, storeName) });
  const manifest = await store.find(datasetName('same'));
  if (manifest === undefined) throw new Error('there is no dataset');
  return { manifest, rows: await store.read<SynthesisRow>(manifest) };
}

async function readReport(path: string): Promise<MagpieReport> {
  return JSON.parse(await readFile(path, 'utf8')) as MagpieReport;
}

const callsTo = (path: string) => server.requests.filter((request) => request.path === path).length;
const allCalls = () => callsTo('/v1/completions') + callsTo('/v1/chat/completions');

describe('the Magpie loop', () => {
  it('makes exactly the rows that were asked for, each a query and a reply, and says what it dropped', async () => {
    worker = await startWorkerProcess(temporal.address, 'magpie');
    const result = await (await start('whole', 'a')).result();
    expect(result.status).toBe('done');
    const { manifest, rows } = await readDataset('a');
    expect(manifest.rows).toBe(40);
    expect(rows.every(({ messages }) => messages.map(({ role }) => role).join() === 'user,assistant')).toBe(true);
    expect(new Set(rows.map(({ messages }) => messages[0]?.content)).size).toBe(40);
    expect(
      rows.every(({ origin }) => origin.method === 'magpie' && origin.preQuery.endsWith('<|im_start|>user\n')),
    ).toBe(true);
    const report = await readReport(result.reportJson);
    // Of 16 queries in a row, 10 are good, 5 bad in a way of their own and 1 a copy of one query.
    const screened = report.funnel.find(({ stage }) => stage === 'screened');
    expect(report.rows).toBe(40);
    expect(report.all.drawn % 32).toBe(0);
    expect(Object.fromEntries((screened?.drops ?? []).map(({ reason, rows }) => [reason, rows]))).toMatchObject({
      empty: report.all.drawn / 16,
      dangling: report.all.drawn / 16,
      'absent-content': report.all.drawn / 16,
      'role-confusion': report.all.drawn / 16,
      duplicate: report.all.drawn / 16 - 1,
    });
    expect(report.all.cut).toBe(report.all.drawn / 16);
    // Replies are paid for what passed the screens and the comparison, and for nothing else.
    const compared = report.funnel.find(({ stage }) => stage === 'compared');
    expect(callsTo('/v1/chat/completions')).toBe(compared?.left);
    expect(result.summary.join('\n')).toContain('exact duplicates');
  });

  it('killed and started again repeats only calls in the air, and ends with the same dataset', async () => {
    worker = await startWorkerProcess(temporal.address, 'magpie');
    // One batch at a time, so that both runs ask for the same batches.
    const changes = { shards: { inFlight: 1 } };
    await (await start('undisturbed', 'a', changes)).result();
    const undisturbed = allCalls();
    const killed = await start('killed', 'b', changes);
    while (allCalls() < undisturbed + undisturbed / 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await worker.kill('SIGKILL');
    worker = await startWorkerProcess(temporal.address, 'magpie');
    expect((await killed.result()).status).toBe('done');
    expect(allCalls() - 2 * undisturbed).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
    expect((await readDataset('b')).manifest.contentHash).toBe((await readDataset('a')).manifest.contentHash);
  });

  it('takes the same rows whatever the number of batches in flight', async () => {
    worker = await startWorkerProcess(temporal.address, 'magpie');
    await (await start('one', 'a', { shards: { inFlight: 1 } })).result();
    await (await start('many', 'b', { shards: { inFlight: 4 } })).result();
    expect((await readDataset('b')).manifest.contentHash).toBe((await readDataset('a')).manifest.contentHash);
  });

  it('goes on in a fresh history after 40 batches, and still ends with the rows that were asked for', async () => {
    worker = await startWorkerProcess(temporal.address, 'magpie');
    const queries = { maxTokens: 64, callsPerBatch: 1, samplesPerCall: 1 } as const;
    const handle = await start('long', 'a', { numRows: 42, queries, shards: { inFlight: 8 } });
    expect((await handle.result()).status).toBe('done');
    expect((await handle.describe()).runId).not.toBe(handle.firstExecutionRunId);
    const { rows } = await readDataset('a');
    expect(new Set(rows.map(({ rowId }) => rowId)).size).toBe(42);
    expect(callsTo('/v1/chat/completions')).toBeLessThanOrEqual(42 + 8);
  });

  it('waits while paused and goes on when resumed', async () => {
    worker = await startWorkerProcess(temporal.address, 'magpie');
    const handle = await start('paused', 'a');
    while (callsTo('/v1/completions') < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await handle.signal(pauseSignal);
    let before = -1;
    while (before !== allCalls()) {
      before = allCalls();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    expect((await handle.query(progressQuery)).paused).toBe(true);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.signal(resumeSignal);
    expect((await handle.result()).status).toBe('done');
    expect((await readDataset('a')).rows).toHaveLength(40);
  });

  it('ends with fewer rows and the reason when no further batch may be drawn', async () => {
    worker = await startWorkerProcess(temporal.address, 'magpie');
    const result = await (await start('short', 'a', { numRows: 1000, maxBatches: 2 })).result();
    const report = await readReport(result.reportJson);
    const { rows, manifest } = await readDataset('a');
    expect(report.statusReason).toContain(`${rows.length} of 1000 rows were kept when 2 batches were done`);
    expect(rows.length).toBeLessThan(64);
    expect(manifest.summary['shortfall']).toBe(report.statusReason);
  });

  it('is held when too many replies fail, before it is paid for more', async () => {
    refused = '/v1/chat/completions';
    worker = await startWorkerProcess(temporal.address, 'magpie');
    const handle = await start('failing', 'a', { shards: { inFlight: 1 } });
    let reason: string | null = null;
    while (reason === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      reason = (await handle.query(progressQuery)).heldBecause;
    }
    expect(reason).toContain('21 of 21 replies of batch 0 failed, more than limits.maxFailedShare allows (0.1)');
    expect(callsTo('/v1/completions')).toBe(2);
    await handle.terminate();
  });

  it('is held when the template is wrong, before replies are paid for', async () => {
    writes = () => '';
    worker = await startWorkerProcess(temporal.address, 'magpie');
    const handle = await start('held', 'a', { shards: { inFlight: 1 } });
    let reason: string | null = null;
    while (reason === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      reason = (await handle.query(progressQuery)).heldBecause;
    }
    expect(reason).toContain('32 of 32 queries are empty, more than screening.maxEmptyShare allows (0.2)');
    expect(callsTo('/v1/chat/completions')).toBe(0);
    await handle.terminate();
  });

  it('pays for no reply of the other batches in the air while one of them holds the run', async () => {
    // Half of each batch is empty, which is too much; the other half is good.
    writes = (prompt, seed) => {
      if (!prompt.endsWith('<|im_start|>user\n')) return 'It is good for many things.';
      return seed % 2 === 0 ? '' : `Can you tell me what word${seed} is good for?`;
    };
    worker = await startWorkerProcess(temporal.address, 'magpie');
    const handle = await start('held-together', 'a', { shards: { inFlight: 4 } });
    while ((await handle.query(progressQuery)).heldBecause === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    let before = -1;
    while (before !== allCalls()) {
      before = allCalls();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    expect(callsTo('/v1/completions')).toBe(8);
    expect(callsTo('/v1/chat/completions')).toBe(0);
    await handle.signal(resumeSignal);
    expect((await handle.result()).status).toBe('done');
    expect((await readDataset('a')).rows).toHaveLength(40);
  });
});
