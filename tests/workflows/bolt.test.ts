// Locks that a run of BOLT is killed and resumed to the same frozen scores, rows and pairs, that each stage can be run
// alone from an earlier run, and that a stage without yield holds the run instead of training on nothing.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { DpoJob } from '../../clients/trainer.ts';
import type { BoltReport } from '../../domain/report/bolt/bolt-report.ts';
import type { boltWorkflow } from '../../workflows/bolt.ts';
import { progressQuery, resumeSignal } from '../../workflows/loop-control.ts';
import { makeBoltConfig, makeQuery, respondWith, writeRows } from '../support/bolt-world.ts';
import { untilWaiting } from '../support/rounds-world.ts';
import { runTickloop } from '../support/run-tickloop.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TRAINER = [process.execPath, fileURLToPath(new URL('../support/fake-policy-trainer.cjs', import.meta.url))];
const CALLS_IN_FLIGHT = 4;
const TASK_QUEUE = 'bolt';

let temporal: TestWorkflowEnvironment;
let folder: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let worker: WorkerProcess | undefined;
let obeys: boolean;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  obeys = true;
  folder = await mkdtemp(join(tmpdir(), 'tickloop-bolt-run-'));
  server = await startScriptedModelServer({
    deterministic: {
      model: 'scripted',
      delayMs: 30,
      // Half of the seeds obey the checklist; while bootstrapping, one in four breaks the layout.
      answer: (prompt, seed, model) => {
        const topic = [...prompt.matchAll(/(?:topic|held-out)-\d+/g)].at(-1)?.[0] ?? 'nothing';
        const solution = seed % 2 === 0 ? `talk of ${topic}` : `well, talk of ${topic}`;
        const isBootstrap = prompt.includes('=== EXAMPLE 1');
        if (isBootstrap && (!obeys || seed % 4 === 3)) return 'I would rather not think.';
        return isBootstrap || model !== 'scripted' ? respondWith(solution) : solution;
      },
      scoreToken: (model, _prefix_T, token) => -1 - (token % 4) / 4 + Number(/-v(\d+)-/.exec(model)?.[1] ?? 0) / 2,
    },
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(workflowId: string, storeName: string, changes: Parameters<typeof makeBoltConfig>[3] = {}) {
  const config = await makeBoltConfig(
    folder,
    server.baseUrl,
    [0, 1, 2, 3, 4].map((index) => makeQuery(index)),
    {
      temporal: { address: temporal.address, taskQueue: TASK_QUEUE },
      sft: { command: TRAINER },
      online: {
        rounds: 1,
        sampling: { samplesPerPrompt: 4, samplesPerCall: 2 },
        training: { command: TRAINER, reference: 'initial' },
      },
      ...changes,
    },
  );
  const run = {
    runName: workflowId.split('/')[1] ?? workflowId,
    storeRoot: join(folder, storeName),
    configHash: '0'.repeat(64),
  };
  return temporal.client.workflow.start<typeof boltWorkflow>('boltWorkflow', {
    workflowId,
    taskQueue: `${TASK_QUEUE}-workflow`,
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

const chatCalls = () => server.requests.filter(({ path }) => path === '/v1/chat/completions').length;

async function unloadAll(): Promise<void> {
  for (const name of server.adapters.keys()) {
    await fetch(`${server.baseUrl}/v1/unload_lora_adapter`, {
      method: 'POST',
      body: JSON.stringify({ lora_name: name }),
    });
  }
}

async function hashes(storeName: string, runName: string): Promise<readonly (string | undefined)[]> {
  const store = createLocalArtifactStore({ root: join(folder, storeName) });
  const names = ['bolt/frozen-scores', 'bolt/sft-rows', 'round-001/policy', 'round-002/pairs', 'round-002/evaluation'];
  // The policy row names a folder of its own store.
  const found = await Promise.all(names.map((name) => store.find(`${runName}/${name}`)));
  expect(found.every((manifest) => manifest !== undefined)).toBe(true);
  return found.filter((_, index) => index !== 2).map((manifest) => manifest?.contentHash);
}

async function readReport(path: string): Promise<BoltReport> {
  return JSON.parse(await readFile(path, 'utf8')) as BoltReport;
}

it('runs all stages, and killed in the first one it ends with the same scores, rows and pairs', async () => {
  const result = await (await start('one/same', 'a')).result();
  expect(result.status).toBe('done');
  const undisturbed = chatCalls();

  const report = await readReport(result.reportJson);
  expect(report.curation).toMatchObject({ collected: 5, kept: 5 });
  // 5 queries x 4 samples, of which one in four has no layout; one row a query.
  expect(report.bootstrap?.yields.all).toMatchObject({ samples: 20, valid: 15, keptQueries: 5 });
  expect(report.bootstrap?.rows).toBe(5);
  expect(report.evaluations.map(({ round, prompts }) => [round, prompts])).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
  expect(report.sft?.training.rows).toBe(5);
  expect(report.rounds).toMatchObject([{ round: 2, prompts: 5 }]);
  expect(report.followed).toMatchObject({ promptId: 'q-0', rounds: [{ round: 2 }] });
  expect(report.followed?.rounds[0]?.pair?.chosen).toContain('</think>');
  expect(report.followed?.samples).toHaveLength(4);
  expect(report.followed?.answers.map(({ round, answer }) => [round, answer.outcome.ok])).toEqual([
    [0, true],
    [1, true],
    [2, true],
  ]);
  // What the rounds are pulled back to is what fine-tuning made, not the base.
  const job = JSON.parse(await readFile(join(folder, 'a/work/same/round-002/training/job.json'), 'utf8')) as DpoJob;
  expect(job).toMatchObject({ reference: 'initial', initialPolicyPath: job.startAdapterPath });
  expect(job.startAdapterPath).toContain(join(folder, 'a'));

  const page = await readFile(result.reportHtml, 'utf8');
  for (const text of ['Yield by topic', 'no_open', 'cut ', 'online 1', 'The row that was trained on']) {
    expect(page).toContain(text);
  }

  // The second run has the same name and another store: its adapters are the same ones at other paths.
  await unloadAll();
  const killed = await start('two/same', 'b');
  while (chatCalls() < undisturbed + 5) await new Promise((resolve) => setTimeout(resolve, 5));
  await worker?.kill('SIGKILL');
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
  expect((await killed.result()).status).toBe('done');
  expect(await hashes('b', 'same')).toEqual(await hashes('a', 'same'));
  expect(chatCalls() - 2 * undisturbed).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
});

it('runs each stage alone, from what the run before has made', async () => {
  await (await start('alone/first', 'c', { stages: ['bootstrap'] })).result();
  const second = await start('alone/second', 'c', { stages: ['sft'], from: 'first', curation: undefined });
  const tuned = await readReport((await second.result()).reportJson);
  expect(tuned.evaluations.map(({ round }) => round)).toEqual([0, 1]);
  expect([tuned.sft?.training.rows, tuned.curation, tuned.bootstrap]).toEqual([5, null, null]);

  const queries = [0, 1, 2].map((index) => {
    const { topic: _topic, ...row } = makeQuery(index) as { readonly topic: string };
    return row;
  });
  const third = await start('alone/third', 'c', {
    stages: ['online'],
    from: 'second',
    curation: undefined,
    data: { heldOut: join(folder, 'held-out.jsonl'), train: await writeRows(folder, 'train', queries) },
  });
  const online = await readReport((await third.result()).reportJson);
  expect(online.evaluations.map(({ round }) => round)).toEqual([1, 2]);
  expect(online.differences).toMatchObject([{ round: 2, interval: { n: 2 } }]);
  expect(online.followed?.answers.map(({ round }) => round)).toEqual([1, 2]);
});

it('is held with advice when no response follows the format, and trains nothing when it is resumed', async () => {
  obeys = false;
  const handle = await start('held/none', 'd');
  const deadline = Date.now() + 60_000;
  const heldBecause = async (): Promise<string | null> => {
    const { activeChild } = await handle.query(progressQuery);
    if (activeChild === null) return null;
    return (await temporal.client.workflow.getHandle(activeChild).query(progressQuery)).heldBecause;
  };
  const untilHeld = async (): Promise<string> => {
    for (;;) {
      const reason = await heldBecause().catch(() => null);
      if (reason !== null) return reason;
      if (Date.now() > deadline) throw new Error('the run was not held');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  expect(await untilHeld()).toMatch(/^0 of \d+ responses follow the format; .*Most often: no_open .*larger model/s);
  await handle.signal(resumeSignal);
  // Once more at the end, since there is no row.
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await untilHeld()).toContain('0 rows came of them');
  await handle.signal(resumeSignal);
  const report = await readReport((await handle.result()).reportJson);
  expect([report.bootstrap?.rows, report.sft, report.evaluations]).toEqual([0, null, []]);
});

it('waits in its online rounds for a person, who answers by the name of the run', async () => {
  const online = { rounds: 1, sampling: { samplesPerPrompt: 4, samplesPerCall: 2 }, training: { command: TRAINER } };
  const handle = await start('run/asked', 'e', { online: { ...online, gates: { askEveryRound: true } } });
  await untilWaiting(temporal.client.workflow.getHandle('run/asked/online'));
  const place = ['--address', temporal.address];
  const status = await runTickloop(['status', 'asked', ...place]);
  expect(status.stdout).toMatch(/^Run asked: waiting, .*gates, round 2 waits for `tickloop approve asked`/);
  const rejected = await runTickloop(['reject', 'asked', ...place]);
  expect(rejected).toMatchObject({ code: 0, stderr: '' });
  expect(rejected.stdout).toContain(
    'approval FAILED: gates.askEveryRound: a person looks at every round.\n' +
      'Round 2 of run asked: reject was sent, the run goes back to its best version.\n',
  );
  const result = await handle.result();
  expect(result.best).toMatchObject({ round: 1 });
  const report = await readReport(result.reportJson);
  expect(report.rounds.map(({ gates }) => [gates?.answer, gates?.outcome])).toEqual([['reject', 'rolled-back']]);
});
