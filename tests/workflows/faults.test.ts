// Locks that rounds come to the same data whatever dies in them: worker, trainer and model server, each in another round and
// at another moment. The server comes back as a restarted vLLM does, without its adapters.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PromptRow } from '../../domain/prompt.ts';
import { deriveSeed } from '../../domain/random.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { FAKE_TRAINER, PROBED_TOKENS, roundOf, startRoundsWorld, type RoundsWorld } from '../support/rounds-world.ts';
import type { RecordedRequest } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'faults';
/** Name others in FAULT_SEEDS to search for a moment that hurts. */
const SEEDS = (process.env['FAULT_SEEDS'] ?? '1,2').split(',').map(Number);
const ROUNDS = 3;
const PROMPTS_PER_ROUND = 6;
const TRAIN_MS = 1500;
/** Requests of a stage of a round: 6 prompts of 2 calls, the tokens of a probe, 4 held-out prompts of one call. */
const REQUESTS = { sample: 12, publish: PROBED_TOKENS, evaluate: 4 } as const;
const FAULTS = ['worker', 'trainer', 'server'] as const;
type Fault = (typeof FAULTS)[number];
type Stage = keyof typeof REQUESTS | 'train';

/** Where a fault strikes: before the request of that number, or that long after the trainer began. */
interface Moment {
  readonly fault: Fault;
  readonly round: number;
  readonly stage: Stage;
  readonly request: number;
  readonly afterMs: number;
}

const KINDS: Readonly<Record<string, 'load' | 'probe' | 'chat'>> = {
  '/v1/load_lora_adapter': 'load',
  '/v1/completions': 'probe',
  '/v1/chat/completions': 'chat',
};

/** What was asked of the server and what died, in order. */
type Sighting =
  | { readonly kind: 'load' | 'probe' | 'chat'; readonly model: string }
  | { readonly kind: 'worker-death' | 'server-death' };

let temporal: TestWorkflowEnvironment;
let world: RoundsWorld | undefined;
let worker: WorkerProcess | undefined;
/** What the rounds come to when nothing dies. */
let undisturbed: readonly string[];

beforeAll(async () => {
  temporal = await startTemporalServer();
  await runRounds([]);
  undisturbed = await readHashes(world as RoundsWorld);
  await world?.close();
});
afterAll(() => temporal.teardown());
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await world?.close();
  world = undefined;
});

/** One moment of each fault, each in a round of its own; all of it follows from the seed. */
function planFaults(seed: number): readonly Moment[] {
  const draw = (below: number, ...parts: readonly (string | number)[]) => deriveSeed([seed, ...parts]) % below;
  const order = FAULTS.toSorted((a, b) => draw(2 ** 31, 'order', a) - draw(2 ** 31, 'order', b));
  return order.map((fault, index) => {
    const round = index + 1;
    // One moment in so many: each request of the round, or its training.
    const all = (['sample', 'publish', 'evaluate'] as const).flatMap((stage) =>
      Array.from({ length: REQUESTS[stage] }, (_, request) => ({ stage, request })),
    );
    const request = fault === 'trainer' ? undefined : all[draw(all.length + 4, 'request', fault)];
    return { fault, round, stage: 'train', request: 0, afterMs: draw(TRAIN_MS - 500, 'wait', fault), ...request };
  });
}

interface RequestBody {
  readonly model?: string;
  readonly lora_name?: string;
  readonly messages?: readonly { readonly content: string }[];
}

/** The stage and round that a call for a version belongs to. */
function stageOf({ model = '', messages }: RequestBody): {
  readonly stage: keyof typeof REQUESTS;
  readonly round: number;
} {
  if (messages === undefined) return { stage: 'publish', round: roundOf(model) };
  const isTraining = messages[0]?.content.startsWith('train') === true;
  return isTraining ? { stage: 'sample', round: roundOf(model) + 1 } : { stage: 'evaluate', round: roundOf(model) };
}

/** Runs three rounds; returns what was seen when it is done. */
async function runRounds(moments: readonly Moment[]) {
  const seen: Sighting[] = [];
  const counts = new Map<string, number>();
  const struck: Promise<void>[] = [];
  const pending = new Set(moments);
  const strike = async ({ fault, round }: Moment): Promise<void> => {
    if (fault === 'trainer') {
      process.kill(-(await readTrainerPid(round)), 'SIGKILL');
    } else if (fault === 'server') {
      seen.push({ kind: 'server-death' });
      await world?.server.die();
      await sleep(2000);
      await world?.server.revive();
    } else {
      await worker?.kill('SIGKILL');
      await sleep(300); // what it has sent is read
      seen.push({ kind: 'worker-death' });
      worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
    }
  };
  const intercept = ({ path, body }: RecordedRequest) => {
    const kind = KINDS[path];
    if (kind === undefined) return undefined;
    const asked = body as RequestBody;
    if (kind !== 'load') {
      const { stage, round } = stageOf(asked);
      const request = counts.get(`${stage} ${round}`) ?? 0;
      counts.set(`${stage} ${round}`, request + 1);
      const moment = moments.find((at) => at.stage === stage && at.round === round && at.request === request);
      if (moment !== undefined && pending.delete(moment)) {
        struck.push(strike(moment));
        return 'reset';
      }
    }
    seen.push({ kind, model: asked.lora_name ?? asked.model ?? '' });
    return undefined;
  };
  world = await startRoundsWorld({
    temporal,
    taskQueue: TASK_QUEUE,
    trainPrompts: ROUNDS * PROMPTS_PER_ROUND,
    // Half of the seeds pass, so that every group has a pair.
    answer: (prompt, seed) => (seed % 2 === 0 ? `plain words about ${prompt.length}` : 'words, with commas'),
    intercept,
  });
  worker ??= await startWorkerProcess(temporal.address, TASK_QUEUE);
  const handle = await world.start(`faults-${deriveSeed(moments.map((moment) => JSON.stringify(moment)))}`, {
    rounds: ROUNDS,
    training: { method: 'dpo', command: [...FAKE_TRAINER, '--train-ms', String(TRAIN_MS)] },
  });
  const training = moments
    .filter(({ stage }) => stage === 'train')
    .map(async (moment) => {
      await readTrainerPid(moment.round);
      await sleep(moment.afterMs);
      pending.delete(moment);
      await strike(moment);
    });
  const result = await handle.result();
  await Promise.all([...struck, ...training]);
  expect(pending).toEqual(new Set());
  return { result, seen };
}

/** Waits for the trainer of a round. */
async function readTrainerPid(round: number): Promise<number> {
  const path = join(world?.folder ?? '', `store/work/same/round-00${round}/training/process.json`);
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { readonly pid: number }).pid;
    await sleep(20);
  }
}

/** Content hashes of everything that the rounds came to, by name; a policy row names a folder of its own store. */
async function readHashes({ store }: RoundsWorld): Promise<readonly string[]> {
  const names = (await store.list('same/')).filter((name) => /\/round-\d+\/(?!policy|training)/.test(name));
  return Promise.all(names.map(async (name) => `${name} ${(await store.find(name))?.contentHash}`));
}

/** The versions that were sampled in a life of server and worker without a whole probe before. */
function findUnprobed(seen: readonly Sighting[]): readonly string[] {
  const probes = new Map<string, number>();
  const loaded = new Set<string>();
  return seen.flatMap((sighting) => {
    if (!('model' in sighting)) {
      probes.clear();
      if (sighting.kind === 'server-death') loaded.clear();
      return [];
    }
    const { kind, model } = sighting;
    if (kind === 'load') loaded.add(model);
    if (kind === 'probe') probes.set(model, (probes.get(model) ?? 0) + 1);
    // A version that is not loaded is refused by the server, so nothing is sampled from it.
    const isSample = kind === 'chat' && loaded.has(model);
    return isSample && (probes.get(model) ?? 0) < PROBED_TOKENS ? [model] : [];
  });
}

describe('three rounds in which worker, trainer and model server die', () => {
  it.each(SEEDS)(
    'come to the same data as undisturbed ones, with faults of seed %i',
    async (seed) => {
      const moments = planFaults(seed);
      const { result, seen } = await runRounds(moments);
      expect(result.status).toBe('done');

      const { readSamples } = world as RoundsWorld;
      const rounds = await Promise.all([1, 2, 3].map((round) => readSamples<PromptRow>(round, 'prompts')));
      expect(rounds.map((prompts) => prompts.length)).toEqual([6, 6, 6]);
      expect(new Set(rounds.flat().map(({ promptId }) => promptId)).size).toBe(18);
      for (const round of [1, 2, 3]) {
        const rollouts = await readSamples<Rollout>(round, 'rollouts');
        expect(rollouts.filter(({ outcome }) => outcome.ok)).toHaveLength(6 * 4);
        expect(new Set(rollouts.map(({ policy }) => roundOf(policy)))).toEqual(new Set([round - 1]));
      }
      expect(findUnprobed(seen)).toEqual([]);
      expect(await readHashes(world as RoundsWorld)).toEqual(undisturbed);
    },
    300_000,
  );
});
