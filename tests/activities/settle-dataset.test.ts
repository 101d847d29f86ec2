// Locks that a dataset is written once from whole batches, whoever asks how often.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { configArtifactName, createRunServicesProvider } from '../../activities/run-services.ts';
import { createSettleDatasetActivities, type SettleDatasetInput } from '../../activities/datasets/settle-dataset.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { RunConfig } from '../../configs/schema/run-config.ts';
import type { RunRef } from '../../domain/run.ts';
import type { DatasetRow } from '../../domain/synthesis/settle-dataset.ts';
import type { Difficulty } from '../../domain/synthesis/synthesis-row.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { makeMagpieConfig } from '../support/magpie-world.ts';
import { makeRunConfig } from '../support/make-run-config.ts';
import { makeSynthesisRow, writeKept } from '../support/make-synthesis-rows.ts';

let folder: string;
let run: RunRef;
let provider: ReturnType<typeof createRunServicesProvider>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-dataset-'));
  run = { runName: 'made', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  provider = createRunServicesProvider({});
  await recordConfig(makeRunConfig({ seed: 7 }));
});
afterEach(async () => {
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

function recordConfig(config: RunConfig) {
  return store().write({
    name: configArtifactName(run),
    schema: 'run-config',
    step: 'open-run',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [[{ config }]],
    summary: {},
  });
}

const store = () => createLocalArtifactStore({ root: run.storeRoot });

function settle(changes: Partial<SettleDatasetInput> = {}) {
  const activities = withTranslatedErrors(createSettleDatasetActivities(provider));
  return inActivity(() => activities.settleDataset({ run, batches: 2, numRows: 3, shuffle: false, ...changes }));
}

async function datasetRows(): Promise<readonly DatasetRow[]> {
  const manifest = await store().find('made/dataset');
  return manifest === undefined ? [] : store().read<DatasetRow>(manifest);
}

describe('settleDataset', () => {
  it('writes the asked rows of all batches in order, with the kept artifacts as parents', async () => {
    const dropped = makeSynthesisRow(9, { dropped: { by: 'screen', reason: 'too-short' } });
    const parents = await writeKept(store(), run, [
      [makeSynthesisRow(0), dropped],
      [makeSynthesisRow(1), makeSynthesisRow(2), makeSynthesisRow(3)],
    ]);
    const settled = await settle({ tokens: { prompt: 10, completion: 20 } });
    expect(settled).toEqual({
      dataset: expect.objectContaining({ name: 'made/dataset', rows: 3 }) as unknown,
      rows: 3,
      sampled: 5,
      duplicates: 0,
      unused: 1,
      answered: 3,
      shortfall: null,
      mixShortfall: null,
    });
    expect(await datasetRows()).toEqual([0, 1, 2].map((index) => makeSynthesisRow(index)));
    expect(await store().find('made/dataset')).toMatchObject({
      schema: 'dataset-row',
      parents,
      summary: { asked: 3, tokens: { prompt: 10, completion: 20 }, filters: null },
    });
  });

  it('cuts the chosen rows of all batches into shards of 1,000, in order', async () => {
    const rows = Array.from({ length: 1300 }, (_, index) => makeSynthesisRow(index));
    await writeKept(store(), run, [rows.slice(0, 700), rows.slice(700)]);
    await settle({ numRows: 1250 });
    expect((await store().find('made/dataset'))?.shards.map((shard) => shard.rows)).toEqual([1000, 250]);
    expect(await datasetRows()).toEqual(rows.slice(0, 1250));
  });

  it('sums the tokens of the batches it is made of, and of no other', async () => {
    await writeKept(store(), run, [[0, 1, 2].map((index) => makeSynthesisRow(index))]);
    const writeStage = (stage: string, batch: number, summary: Readonly<Record<string, number>>) =>
      store().write({
        name: `made/synthesis/${stage}/shard-00${batch}`,
        schema: 'test',
        step: 'test',
        parents: [],
        configHash: run.configHash,
        policy: null,
        shards: [[]],
        summary: { ...summary },
      });
    await writeStage('queries', 0, { calls: 2, promptTokens: 10, completionTokens: 20 });
    await writeStage('compared', 0, { calls: 3, promptTokens: 5, completionTokens: 0 });
    await writeStage('scored', 0, { calls: 3, promptTokens: 7, completionTokens: 1 });
    await writeStage('preferences', 0, { calls: 9, promptTokens: 100, completionTokens: 200 });
    await writeStage('queries', 1, { calls: 2, promptTokens: 1000, completionTokens: 1000 });
    await settle({ batches: 1 });
    expect((await store().find('made/dataset'))?.summary['tokens']).toEqual({ prompt: 122, completion: 221 });
  });

  it('gives back what stands when it is done a second time', async () => {
    await writeKept(store(), run, [[makeSynthesisRow(0), makeSynthesisRow(1)], [makeSynthesisRow(2)]]);
    const first = await settle({ shuffle: true });
    expect(await settle({ shuffle: true })).toEqual(first);
    expect(await datasetRows()).toHaveLength(3);
  });

  it('writes the same dataset once a batch that was missing is there, and nothing before', async () => {
    await writeKept(store(), run, [[makeSynthesisRow(0), makeSynthesisRow(1)]]);
    const failure = await failureFrom(settle({ shuffle: true }));
    expect(failure).toMatchObject({ type: 'artifact/missing', nonRetryable: true });
    expect(failure.message).toContain('made/synthesis/kept/shard-001');
    expect(await store().find('made/dataset')).toBeUndefined();
    await writeKept(store(), run, [[], [makeSynthesisRow(2)]]);
    await settle({ shuffle: true });
    expect((await datasetRows()).map(({ rowId }) => rowId).toSorted()).toEqual(['row-0', 'row-1', 'row-2']);
  });

  it('says by how much the difficulties miss the mix of a preset, with as many rows as were asked for', async () => {
    run = { ...run, configHash: '1'.repeat(64) };
    const endpoint = { baseUrl: 'http://127.0.0.1:1', model: 'm' };
    const quality = {
      tags: { ask: ['difficulty' as const], by: endpoint },
      rewards: endpoint,
      filters: { preset: 'pro-filter6' as const },
    };
    await recordConfig(makeMagpieConfig(endpoint.baseUrl, folder, { quality }));
    const rowOf = (index: number, difficulty: Difficulty) => makeSynthesisRow(index, { tags: { difficulty } });
    await writeKept(store(), run, [
      [rowOf(0, 'easy'), rowOf(1, 'hard'), rowOf(2, 'hard')],
      [rowOf(3, 'hard'), rowOf(4, 'medium'), rowOf(5, 'medium')],
    ]);
    const settled = await settle({ numRows: 4 });
    expect(settled).toMatchObject({ rows: 4, shortfall: null });
    expect(settled.mixShortfall).toContain('1 rows of difficulty easy are missing among the 4 rows that were taken');
    expect((await store().find('made/dataset'))?.summary['mixShortfall']).toBe(settled.mixShortfall);
  });

  it('writes nothing when rows are missing, unless it is told why, which it records', async () => {
    await writeKept(store(), run, [[makeSynthesisRow(0)], [makeSynthesisRow(0, { rowId: 'twin' })]]);
    expect(await failureFrom(settle())).toMatchObject({ type: 'data/too-few-rows', nonRetryable: true });
    expect(await store().find('made/dataset')).toBeUndefined();
    expect(await settle({ shortfall: 'maxBatches was reached' })).toMatchObject({
      rows: 1,
      duplicates: 1,
      shortfall: 'maxBatches was reached',
    });
  });
});
