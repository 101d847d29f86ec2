// Locks that BOLT's fine-tuning hands on whole weights as it was told to, and that stages of two kinds don't follow each other.
import { appendFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBoltRunActivities } from '../../activities/bolt/runs.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createLabelQueriesActivities } from '../../activities/bolt/label-queries.ts';
import { createTrainSftActivities } from '../../activities/training/train-sft.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { Trainer, TrainingJob, TrainingResult } from '../../clients/trainer.ts';
import { boltName, boltQueriesPrefix, promptSetPrefix, roundName, shardName } from '../../domain/artifact-names.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { RunRef } from '../../domain/run.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { makeBoltConfig, makeQuery, writeRows } from '../support/bolt-world.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import { writeCheckpoint } from '../support/write-checkpoint.ts';

const BASE: PolicyVersion = { round: 0, servedModel: 'scripted', adapterHash: null, adapterPath: null };
const WHOLE = { sft: { weights: 'full' as const }, online: { training: { weights: 'full' as const } } };

let folder: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let provider: ReturnType<typeof createRunServicesProvider>;
let jobs: TrainingJob[];
let onAnswer: () => void;
/** What the trainer leaves behind. */
let made: Pick<TrainingResult, 'adapterDir' | 'weightsDir'>;

const trainer: Trainer = {
  async run(job) {
    jobs.push(job);
    await appendFile(join(job.outputDir, 'events.jsonl'), '');
    return { ...made, probes: [] } as never;
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-bolt-whole-'));
  jobs = [];
  onAnswer = () => undefined;
  made = { adapterDir: null, weightsDir: join(folder, 'weights') };
  await writeCheckpoint(join(folder, 'weights'));
  server = await startScriptedModelServer({
    deterministic: {
      model: 'scripted',
      answer: () => {
        onAnswer();
        return '[[logic]]';
      },
      nameWeights: () => 'scripted',
    },
  });
  provider = createRunServicesProvider({});
});
afterEach(async () => {
  await provider.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const store = () => createLocalArtifactStore({ root: join(folder, 'store') });
const runOf = (runName: string): RunRef => ({
  runName,
  storeRoot: join(folder, 'store'),
  configHash: runName.padEnd(64, '0'),
});

const activities = () =>
  withTranslatedErrors({
    ...createOpenRunActivities(provider),
    ...createTrainSftActivities(provider, trainer),
    ...createBoltRunActivities(provider),
    ...createLabelQueriesActivities(provider),
  });

async function open(runName: string, changes: Parameters<typeof makeBoltConfig>[3]) {
  const config = await makeBoltConfig(folder, server.baseUrl, [makeQuery(0)], changes);
  await writeCheckpoint(join(folder, 'model'));
  await inActivity(() => activities().openRun({ run: runOf(runName), config }));
}

async function write(name: string, rows: readonly object[]): Promise<void> {
  const lineage = { step: 'test', parents: [], configHash: '0'.repeat(64), policy: null };
  await store().write({ ...lineage, name, schema: 'test', shards: [rows], summary: {} });
}

const sftRow = {
  prompt: [{ role: 'user', content: 'Hello' }],
  completion: [{ role: 'assistant', content: '<think>\nhm\n</think>\n\nhi' }],
};

describe('fine-tuning whole weights', () => {
  it('asks the trainer for them, from the base model, and adopts the checkpoint', async () => {
    await open('tuned', { stages: ['bootstrap', 'sft'], ...WHOLE });
    await write(boltName('tuned', 'sft-rows'), [sftRow]);
    const trained = await inActivity(() => activities().trainSft({ run: runOf('tuned'), policy: BASE }));
    expect(trained).toEqual({
      checkpointPath: join(folder, 'store/folders/tuned/checkpoints/round-1'),
      checkpointHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(jobs).toMatchObject([
      {
        method: 'sft',
        baseModelPath: join(folder, 'model'),
        startAdapterPath: null,
        hyperparameters: { loraRank: null, loraAlpha: null, epochs: 4 },
      },
    ]);
    // The trainer's schema refuses fields that it does not know.
    expect(jobs[0]?.hyperparameters).not.toHaveProperty('weights');
    const manifest = await store().find(roundName('tuned', 1, 'training'));
    const [row] = manifest === undefined ? [] : await store().read<TrainingResult>(manifest);
    expect([row?.weightsDir, row?.adapterDir]).toEqual(['checkpoints/round-1', null]);
  });

  it('adopts and hands on a checkpoint that was made before the store was moved', async () => {
    await open('tuned', { stages: ['bootstrap', 'sft'], ...WHOLE });
    await write(boltName('tuned', 'sft-rows'), [sftRow]);
    const work = 'work/tuned/round-001/training/weights';
    await writeCheckpoint(join(folder, 'store', work));
    made = { adapterDir: null, weightsDir: join('/before/store', work) };
    const train = (storeRoot: string) =>
      inActivity(() => activities().trainSft({ run: { ...runOf('tuned'), storeRoot }, policy: BASE }));
    const trained = await train(join(folder, 'store'));
    await rename(join(folder, 'store'), join(folder, 'moved'));
    expect(await train(join(folder, 'moved'))).toEqual({
      ...trained,
      checkpointPath: join(folder, 'moved/folders/tuned/checkpoints/round-1'),
    });
    expect(jobs).toHaveLength(1);
  });

  it('takes no adapter for them', async () => {
    made = { adapterDir: join(folder, 'weights'), weightsDir: null };
    await open('tuned', { stages: ['bootstrap', 'sft'], ...WHOLE });
    await write(boltName('tuned', 'sft-rows'), [sftRow]);
    const failure = await failureFrom(inActivity(() => activities().trainSft({ run: runOf('tuned'), policy: BASE })));
    expect(failure.type).toBe('trainer/no-result');
    expect(failure.message).toContain('was asked for whole weights');
  });
});

describe('labelling by the policy itself', () => {
  it('takes no label from weights that came in between', async () => {
    const curation = {
      queries: [await writeRows(folder, 'queries', [makeQuery(0)])],
      labeller: { by: 'self' as const },
    };
    await open('labels', { curation, ...WHOLE });
    const screened = boltQueriesPrefix('labels', 'screened');
    await write(shardName(screened, 'queries', 0), [{ promptId: 'q-0', text: 'Tell me about rain', checklist: [] }]);
    const label = () => inActivity(() => activities().labelQueries({ run: runOf('labels'), shard: 0 }));
    onAnswer = () => Object.assign(server.held ?? {}, { label: 'other-v1-aaaaaaaa@aaaaaaaaaaaaaaaa#00000000' });
    const failure = await failureFrom(label());
    expect(failure).toMatchObject({ type: 'adapter/not-loaded', nonRetryable: false });
    expect(await store().find(shardName(screened, 'labels', 0))).toBeUndefined();
    onAnswer = () => undefined;
    expect((await label()).calls).toBeGreaterThan(0);
    expect(server.held?.label).toMatch(/^base:scripted#/);
  });
});

describe('rounds that go on from another run', () => {
  const checkpoint = { name: 'tuned-v1-aaaaaaaa', hash: 'a'.repeat(64), path: '/checkpoints/1' };

  async function adopt(tuned: PolicyVersion, changes: object) {
    for (const step of ['training', 'curve'] as const) await write(roundName('tuned', 1, step), [{}]);
    await write(roundName('tuned', 1, 'policy'), [tuned]);
    await write(boltName('tuned', 'sft-rows'), [sftRow]);
    await write(shardName(promptSetPrefix('tuned', 'followed'), 'prompts', 0), []);
    const data = { heldOut: join(folder, 'held-out.jsonl'), train: await writeRows(folder, 'train', [makeQueryRow()]) };
    await open('rounds', { stages: ['online'], from: 'tuned', curation: undefined, data, ...changes });
    return inActivity(() => activities().adoptRun({ run: runOf('rounds') }));
  }

  it('take over whole weights where they train whole weights', async () => {
    const adopted = await adopt({ ...BASE, round: 1, checkpoint }, WHOLE);
    expect(adopted.tuned).toEqual({ ...BASE, round: 1, checkpoint });
  });

  it('take them over from where the store has them since it was moved', async () => {
    const path = join(folder, 'store/folders/tuned/checkpoints/round-1');
    await writeCheckpoint(path);
    const recorded = { ...checkpoint, path: '/before/store/folders/tuned/checkpoints/round-1' };
    const adopted = await adopt({ ...BASE, round: 1, checkpoint: recorded }, WHOLE);
    expect(adopted.tuned).toEqual({ ...BASE, round: 1, checkpoint: { ...checkpoint, path } });
  });

  it.each([
    ['whole weights', { ...BASE, round: 1, checkpoint }, {}, 'has tuned whole weights, .* weights: lora: .* to full'],
    [
      'an adapter',
      { round: 1, servedModel: 'tuned-v1', adapterHash: 'b'.repeat(64), adapterPath: '/adapters/1' },
      WHOLE,
      'has tuned an adapter, .* weights: full: .* to lora',
    ],
  ])('refuse %s where they train the other kind', async (_what, tuned, changes, why) => {
    const failure = await failureFrom(adopt(tuned, changes));
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toMatch(new RegExp(why));
  });
});

function makeQueryRow(): object {
  const { topic: _topic, ...row } = makeQuery(5) as { readonly topic: string };
  return row;
}
