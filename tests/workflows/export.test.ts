// Locks that `tickloop export` writes the files of a run over a real Temporal server and never over what it did not write.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configArtifactName } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { RunRef } from '../../domain/run.ts';
import { makeRunConfig } from '../support/make-run-config.ts';
import { makeSynthesisRow, writeDataset } from '../support/make-synthesis-rows.ts';
import { runTickloop } from '../support/run-tickloop.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'export';

let temporal: TestWorkflowEnvironment;
let folder: string;
let run: RunRef;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-export-run-'));
  run = { runName: 'made', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  const store = createLocalArtifactStore({ root: run.storeRoot });
  const config = makeRunConfig({ temporal: { address: temporal.address, taskQueue: TASK_QUEUE } });
  await store.write({
    name: configArtifactName(run),
    schema: 'run-config',
    step: 'open-run',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [[{ config }]],
    summary: {},
  });
  await writeDataset(
    store,
    'made',
    Array.from({ length: 40 }, (_, index) => makeSynthesisRow(index)),
  );
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await temporal.client.workflow.getHandle('run/made').terminate();
  await rm(folder, { recursive: true, force: true });
});

/** A run as Temporal remembers it; no worker has to be there for that. */
async function rememberRun(): Promise<void> {
  await temporal.client.workflow.start('onlineDpoWorkflow', {
    workflowId: 'run/made',
    taskQueue: 'nobody-polls-this',
    args: [],
    memo: {
      config: makeRunConfig({ temporal: { taskQueue: TASK_QUEUE } }),
      configHash: run.configHash,
      storeRoot: run.storeRoot,
    },
  });
}

describe('tickloop export', () => {
  it('writes a folder for the hub, refuses another one in its place, and replaces it when told to', async () => {
    worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
    await rememberRun();
    const to = join(folder, 'out');
    const tickloop = (...flags: readonly string[]) =>
      runTickloop(['export', 'made', '--address', temporal.address, '--to', to, ...flags]);

    const first = await tickloop('--format', 'hf', '--licence', 'MIT', '--json');
    expect(first.stderr).toContain(`40 rows: 3 files in ${to}`);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ runName: 'made', format: 'hf', licence: 'mit', rows: 40 });
    expect(await readFile(join(to, 'README.md'), 'utf8')).toContain('license: "mit"');

    const refused = await tickloop('--format', 'jsonl');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('error artifact/conflict: ');
    expect((await readdir(to)).toSorted()).toEqual(['README.md', 'data', 'lineage.json']);

    expect((await tickloop('--format', 'jsonl', '--force')).code).toBe(0);
    expect((await readdir(to)).toSorted()).toEqual(['README.md', 'lineage.json', 'train.jsonl']);
  }, 300_000);

  it('says that it waits for a worker, and that the same export is under way already', async () => {
    await rememberRun();
    const exportTo = (to: string) =>
      runTickloop(['export', 'made', '--address', temporal.address, '--format', 'jsonl', '--to', join(folder, to)]);
    const twice = [exportTo('out'), exportTo('out')];
    const other = exportTo('other');

    const refused = await Promise.race(twice);
    expect(refused.stderr).toBe(
      `error config/unusable: The dataset of run "made" is being exported to ${join(folder, 'out')} already, by another command or one that was broken off: wait until that has ended, 30 minutes after its start at the latest, or export to another folder.\n`,
    );
    expect(refused.code).toBe(2);
    // Longer than an export waits before it says so.
    await sleep(11_000);
    worker = await startWorkerProcess(temporal.address, TASK_QUEUE);

    expect((await other).code).toBe(0);
    const results = await Promise.all(twice);
    const kept = results.find(({ code }) => code !== 2);
    expect(kept).toMatchObject({ code: 0, stderr: '' });
    expect(kept?.stdout).toContain('The export waits for a worker of export-workflow and export-model');
    expect(kept?.stdout).toContain(`40 rows: 3 files in ${join(folder, 'out')}`);
    expect((await readdir(folder)).toSorted()).toEqual(['other', 'out', 'store']);
  }, 300_000);
});
