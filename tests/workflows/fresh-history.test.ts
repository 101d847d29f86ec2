// Locks that nobody's word is lost between two histories of rounds: a pause or a stop that comes while the last step of one is
// at work holds or ends the run, though the next history would begin without it.
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { boltConfig } from '../../configs/schema/bolt-loop.ts';
import type { Evaluation, OpenedRun } from '../../domain/run.ts';
import type { boltOnlineWorkflow } from '../../workflows/bolt-online.ts';
import { pauseSignal, progressQuery, resumeSignal, stopSignal } from '../../workflows/loop-control.ts';
import type { onlineDpoWorkflow } from '../../workflows/online-dpo.ts';
import { makeRunConfig } from '../support/make-run-config.ts';
import { startTemporalServer } from '../support/temporal-server.ts';

const TASK_QUEUE = 'fresh-history';
/** Of events: a history that begins with a state has 9 before its first round, and more than this after it. */
const LONGEST_HISTORY = 10;
const RUN = { runName: 'fresh', storeRoot: '/nowhere', configHash: '0'.repeat(64) };
const BASE = { round: 0, servedModel: 'base', adapterHash: null, adapterPath: null };
const EMPTY = { shards: 0, rows: 0 };
const OPENED: OpenedRun = { basePolicy: BASE, sets: { train: EMPTY, 'held-out': EMPTY }, measurable: false };
const MEASURED: Evaluation = {
  round: 0,
  policy: 'base:base',
  interval: null,
  gold: null,
  lengthChars: null,
  distinctness: null,
};

let temporal: TestWorkflowEnvironment;
let workers: readonly Worker[];
let stopped: Promise<unknown>;
/** Done at the end of a round's last step. */
let atRoundEnd: (round: number) => Promise<unknown>;
let rounds: number[];

/** Activities of rounds that draw nothing and train on nothing. */
const ACTIVITIES = {
  openRun: async () => OPENED,
  gatherOnlinePrompts: async () => EMPTY,
  measureHeldOut: async () => MEASURED,
  drawRoundPrompts: async () => ({ firstShard: 0, ...EMPTY }),
  drawExtraPrompts: async () => ({ firstShard: 0, ...EMPTY }),
  selectRoundRows: async ({ round }: { readonly round: number }) => {
    rounds.push(round);
    await atRoundEnd(round);
    return { rows: 0 };
  },
  writeReport: async () => ({ reportJson: '', reportHtml: '', summary: [] }),
};

beforeAll(async () => {
  temporal = await startTemporalServer({ 'limit.historyCount.suggestContinueAsNew': LONGEST_HISTORY });
  const connection = temporal.nativeConnection;
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath });
  workers = [
    await Worker.create({ connection, taskQueue: `${TASK_QUEUE}-workflow`, workflowBundle }),
    await Worker.create({ connection, taskQueue: `${TASK_QUEUE}-model`, activities: ACTIVITIES }),
  ];
  stopped = Promise.all(workers.map((worker) => worker.run()));
});
afterAll(async () => {
  for (const worker of workers) worker.shutdown();
  await stopped;
  await temporal.teardown();
});
beforeEach(() => {
  rounds = [];
});

const options = (workflowId: string) => ({ workflowId, taskQueue: `${TASK_QUEUE}-workflow` });

function startDpo(workflowId: string) {
  const config = makeRunConfig({ rounds: 2, temporal: { taskQueue: TASK_QUEUE } });
  return temporal.client.workflow.start<typeof onlineDpoWorkflow>('onlineDpoWorkflow', {
    ...options(workflowId),
    args: [{ run: RUN, config, startedAtMs: 0 }],
  });
}

function startBolt(workflowId: string) {
  const config = boltConfig.parse({
    loop: 'bolt',
    stages: ['online'],
    from: 'tuned',
    data: { train: 'train.jsonl', heldOut: 'held-out.jsonl' },
    policy: { baseUrl: 'http://127.0.0.1:8011', model: 'base', modelPath: 'models/base' },
    online: { rounds: 2, selection: { whenEmpty: 'skip' } },
    temporal: { taskQueue: TASK_QUEUE },
  });
  const policy = { ...BASE, round: 1 };
  return temporal.client.workflow.start<typeof boltOnlineWorkflow>('boltOnlineWorkflow', {
    ...options(workflowId),
    args: [{ run: RUN, config, opened: OPENED, policy, measured: { ...MEASURED, round: 1 } }],
  });
}

it.each([
  ['online-dpo', startDpo, 1],
  ['the online rounds of bolt', startBolt, 2],
] as const)('%s holds at the end of a history when it was paused meanwhile', async (name, start, firstRound) => {
  const id = `paused ${name}`;
  atRoundEnd = async (round) => {
    if (round === firstRound) await temporal.client.workflow.getHandle(id).signal(pauseSignal);
  };
  const handle = await start(id);
  await vi.waitFor(
    async () => expect(await handle.query(progressQuery)).toMatchObject({ paused: true, activeChild: null }),
    { timeout: 20_000, interval: 100 },
  );
  expect(rounds).toEqual([firstRound]);
  await handle.signal(resumeSignal);
  await handle.result();
  expect(rounds).toEqual([firstRound, firstRound + 1]);
});

it('online-dpo ends at the end of a history when it was stopped meanwhile', async () => {
  const id = 'stopped';
  atRoundEnd = () => temporal.client.workflow.getHandle(id).signal(stopSignal);
  const handle = await startDpo(id);
  expect(await handle.result()).toMatchObject({ status: 'stopped' });
  expect(rounds).toEqual([1]);
});

it('the online rounds of bolt end at the end of a history when they were cancelled meanwhile', async () => {
  const id = 'cancelled';
  atRoundEnd = () => temporal.client.workflow.getHandle(id).cancel();
  const handle = await startBolt(id);
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(rounds).toEqual([2]);
});
