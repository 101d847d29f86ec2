// Locks rounds that train whole weights: one set of weights is in service at a time, and each answer is from the version that
// its row names, whatever is measured in between, rolled back, or restarted.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import type { TrainingJob } from '../../clients/trainer.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { FAKE_TRAINER, readReport, roundOf, startRoundsWorld, type RoundsWorld } from '../support/rounds-world.ts';
import type { RecordedRequest, ScriptedReply } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'whole-weights';
const TRAINING = {
  method: 'dpo' as const,
  weights: 'full' as const,
  command: [...FAKE_TRAINER],
  reference: 'initial' as const,
};

let temporal: TestWorkflowEnvironment;
let world: RoundsWorld;
let worker: WorkerProcess | undefined;
/** Whether the held-out answers of a version pass. */
let isGood: (round: number) => boolean;
let intercept: (request: RecordedRequest) => ScriptedReply | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  isGood = () => true;
  intercept = () => undefined;
  world = await startRoundsWorld({
    temporal,
    taskQueue: TASK_QUEUE,
    trainPrompts: 12,
    takesWeights: true,
    // Each answer says which version gave it.
    answer: (prompt, seed, model) => {
      const passes = prompt.startsWith('held-out') ? isGood(roundOf(model)) : seed % 2 === 0;
      return passes ? `version ${roundOf(model)} speaks` : `version ${roundOf(model)}, speaks`;
    },
    intercept: (request) => intercept(request),
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await world.close();
});

/** The round of the version that a row names: `base:...` or `same-v<round>-...`. */
const namedRound = ({ policy }: Rollout): number => roundOf(policy);

/** The round that the text of an answer names. */
const speakingRound = ({ outcome }: Rollout): number =>
  outcome.ok ? Number(/version (\d+)/.exec(outcome.text)?.[1]) : Number.NaN;

async function allRollouts(): Promise<readonly Rollout[]> {
  const names = (await world.store.list('same/')).filter((name) => /\/rollouts\//.test(name));
  return (await Promise.all(names.map(async (name) => (await readArtifact<Rollout>(world.store, name)).rows))).flat();
}

async function readJob(round: number): Promise<TrainingJob> {
  const path = join(world.folder, `store/work/same/round-00${round}/training/job.json`);
  return JSON.parse(await readFile(path, 'utf8')) as TrainingJob;
}

/** Rounds of the checkpoints that the server was given, in order; 0 is the base. */
const loads = (): readonly number[] =>
  world.server.requests.flatMap(({ path, body }) => {
    if (path !== '/collective_rpc') return [];
    const { weights_path } = (body as { readonly kwargs: { readonly weights_path: string } }).kwargs;
    return [Number(/checkpoints\/round-(\d+)$/.exec(weights_path)?.[1] ?? 0)];
  });

describe('rounds of whole weights', () => {
  it('go on from each other, swap to the base where a gate compares with it, and mix no versions', async () => {
    const gates = { kl: { maxNats: 100, tokensPerAnswer: 1, onFail: 'stop' as const }, heldOut: {} };
    const result = await (await world.start('whole', { training: TRAINING, gates })).result();
    expect(result.status).toBe('done');
    const rollouts = await allRollouts();
    // Two rounds of 6 prompts x 4, and 4 held-out prompts x 2 of the base and of each version.
    expect(rollouts).toHaveLength(2 * 24 + 3 * 8);
    expect(rollouts.map(speakingRound)).toEqual(rollouts.map(namedRound));
    expect(new Set(rollouts.map(namedRound))).toEqual(new Set([0, 1, 2]));
    // Each round: publish, the base for the divergence; the second round's samples and its publishing need the first.
    expect(loads()).toEqual([1, 0, 1, 2, 0]);
    const report = await readReport(result);
    expect(report.evaluations.map(({ kl }) => kl?.tokens ?? null)).toEqual([null, 8, 8]);
    expect(report.rounds.map(({ publish }) => publish?.servedModel)).toEqual([
      expect.stringMatching(/^same-v1-[0-9a-f]{8}$/),
      expect.stringMatching(/^same-v2-[0-9a-f]{8}$/),
    ]);
    expect(report.rounds.map(({ publish }) => publish?.meanChange)).toEqual([0.125, 0.125]);
    const [first, second] = [await readJob(1), await readJob(2)];
    const model = join(world.folder, 'model');
    expect(first).toMatchObject({ baseModelPath: model, startAdapterPath: null, initialPolicyPath: model });
    expect(first.hyperparameters).toMatchObject({ loraRank: null, loraAlpha: null, learningRate: 1e-5 });
    expect(second).toMatchObject({
      baseModelPath: join(world.folder, 'store/folders/same/checkpoints/round-1'),
      reference: 'initial',
      initialPolicyPath: model,
    });
  });

  it('go back to the best version by loading it, and train the next round from there', async () => {
    isGood = (round) => round % 2 === 1;
    const gates = { heldOut: { maxDrop: 0.1 } };
    const result = await (await world.start('rolled-back', { training: TRAINING, gates, rounds: 3 })).result();
    const report = await readReport(result);
    expect(report.rounds.map(({ gates: of }) => of?.outcome)).toEqual(['accepted', 'rolled-back', 'accepted']);
    expect((await world.readSamples<Rollout>(3, 'rollouts')).map(speakingRound)).toEqual(Array(24).fill(1));
    expect((await readJob(3)).baseModelPath).toMatch(/checkpoints\/round-1$/);
    expect(loads()).toEqual([1, 2, 1, 3]);
  });

  it('put the right weights back after the server was restarted in the middle of a round', async () => {
    let chats = 0;
    intercept = ({ path }) => {
      if (path !== '/v1/chat/completions' || !world.server.held?.label.startsWith('same-v1-')) return undefined;
      chats += 1;
      // Between two calls of round 2, so fast that no call fails: the server holds the base again.
      if (chats === 8) Object.assign(world.server.held, { label: 'default', path: null, isPaused: false });
      return undefined;
    };
    const result = await (await world.start('restarted', { training: TRAINING })).result();
    expect(result.status).toBe('done');
    const rollouts = await allRollouts();
    expect(rollouts.map(speakingRound)).toEqual(rollouts.map(namedRound));
    expect((await world.readSamples<Rollout>(2, 'rollouts')).map(namedRound)).toEqual(Array(24).fill(1));
    expect(loads()).toEqual([1, 1, 2]);
  });
});
