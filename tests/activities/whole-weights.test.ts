// Locks that whole weights come into service only when they are what was trained, and that no answer is taken from others.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { OpenedRun } from '../../domain/run.ts';
import { failureFrom, inActivity, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import type { RecordedRequest, ScriptedModelServerOptions } from '../support/scripted-model-server.ts';
import { writeCheckpoint } from '../support/write-checkpoint.ts';

const TOKENS = Array.from({ length: 24 }, (_, index) => index + 3);

/** What the base gives a token; whole weights shift it by so many nats. */
const baseLogprob = (token: number): number => -1 - (token % 4) / 4;

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let opened: OpenedRun;
/** Shift of the weights in each folder, by its last part; 0 where none is set. */
let shiftOf: Map<string, number>;
let intercept: NonNullable<ScriptedModelServerOptions['intercept']>;

const base = (): string => join(bench.folder, 'model');
const checkpoint = (round: number): string => join(bench.folder, `checkpoint-${round}`);

const wholeWeights = () => ({
  shards: { rows: 1 },
  policy: { baseUrl: bench.server.baseUrl, model: 'base', modelPath: base(), callsInFlight: 1 },
  training: { method: 'dpo' as const, weights: 'full' as const },
});

beforeEach(async () => {
  shiftOf = new Map();
  intercept = () => undefined;
  bench = await startActivityBench(
    {
      answer: (_prompt, _seed, model) => `words of ${model}`,
      nameWeights: (path) => path.slice(path.lastIndexOf('/') + 1),
      scoreToken: (model, _prefix_T, token) => baseLogprob(token) + (shiftOf.get(model) ?? 0),
    },
    (request) => intercept(request),
  );
  await writeCheckpoint(base());
  await bench.writePrompts('train', [makePrompt('a', 'Tell me about rain')]);
  await bench.writePrompts('held-out', [makePrompt('b', 'Tell me about bread'), makePrompt('c', 'Tell me about salt')]);
  opened = await bench.open(wholeWeights());
});
afterEach(() => bench.close());

/** Leaves behind what the trainer would: a checkpoint some nats above the base, trained from `start` nats above it. */
async function train(round: number, hash: string, shift: number, start = 0, runName = 'test') {
  await writeCheckpoint(checkpoint(round));
  const lift = (nats: number) => TOKENS.slice(1).map((token) => baseLogprob(token) + nats);
  await bench.store.write({
    name: `${runName}/round-00${round}/training`,
    schema: 'training-result',
    step: 'train',
    parents: [],
    configHash: bench.run.configHash,
    policy: 'base:base',
    shards: [[{ probes: [{ tokenIds: TOKENS, baseLogprobs: lift(start), adapterLogprobs: lift(shift) }] }]],
    summary: {},
  });
  return { checkpointPath: checkpoint(round), checkpointHash: hash.repeat(64) };
}

type Trained = Awaited<ReturnType<typeof train>>;

const publish = (round: number, trained: Trained, previous: PolicyVersion = opened.basePolicy) =>
  inActivity(() => bench.activities.publish({ run: bench.run, round, trained, previous }));

async function publishFirst(): Promise<PolicyVersion> {
  shiftOf.set('checkpoint-1', 0.125);
  return publish(1, await train(1, 'a', 0.125));
}

/** What was asked for since a request, leaving out the looks at label and pause. */
const stepsSince = (since: number): readonly string[] =>
  bench.server.requests
    .slice(since)
    .flatMap(({ method, path }) => (method === 'GET' ? [] : [path.split('?')[0] ?? '']));

/** The folder that a request asks the server to load, if it does. */
function pathLoaded({ path, body }: RecordedRequest): readonly string[] {
  if (path !== '/collective_rpc') return [];
  return [(body as { readonly kwargs: { readonly weights_path: string } }).kwargs.weights_path];
}

const REPLACE = [
  '/pause',
  '/update_weight_version',
  '/collective_rpc',
  '/reset_prefix_cache',
  '/update_weight_version',
  '/resume',
];
const PROBE = Array<string>(16).fill('/v1/completions');

const task = (policy: PolicyVersion, shard = 0, round = policy.round) =>
  ({ run: bench.run, stage: 'evaluate', round, shard, policy }) as const;

const labelNow = (): string => (bench.server.held?.label ?? '').replace(/#.*/, '');

describe('publishing whole weights', () => {
  it('reads the previous weights, replaces them, and records what the probe measured', async () => {
    const since = bench.server.requests.length;
    const policy = await publishFirst();
    expect(policy).toEqual({
      round: 1,
      servedModel: 'base',
      adapterHash: null,
      adapterPath: null,
      checkpoint: { name: 'test-v1-aaaaaaaa', hash: 'a'.repeat(64), path: checkpoint(1) },
    });
    // The base is probed against the trainer's numbers for it, then read as what the new weights are compared with.
    expect(stepsSince(since)).toEqual([...PROBE, ...PROBE, ...REPLACE, ...PROBE]);
    expect(bench.server.held).toMatchObject({ path: checkpoint(1), isPaused: false });
    expect(bench.server.held?.label).toMatch(/^test-v1-aaaaaaaa@a{16}#[0-9a-f]{8}$/);
    expect((await bench.store.find('test/round-001/policy'))?.summary).toEqual({
      meanChange: 0.125,
      meanDisagreement: 0,
      baseDisagreement: 0,
    });
  });

  it('does nothing again for a round that is published', async () => {
    const policy = await publishFirst();
    const since = bench.server.requests.length;
    expect(await publish(1, { checkpointPath: checkpoint(1), checkpointHash: 'a'.repeat(64) })).toEqual(policy);
    expect(bench.server.requests).toHaveLength(since);
  });

  it('trains and compares from the version before', async () => {
    const first = await publishFirst();
    shiftOf.set('checkpoint-2', 0.375);
    await publish(2, await train(2, 'b', 0.375, 0.125), first);
    expect((await bench.store.find('test/round-002/policy'))?.summary).toEqual({
      meanChange: 0.25,
      meanDisagreement: 0,
      baseDisagreement: 0,
    });
  });

  it('compares with the base as well where each round trains the base anew', async () => {
    const run = { ...bench.run, runName: 'anew', configHash: '1'.repeat(64) };
    const training = { method: 'rest-em' as const, weights: 'full' as const, startFrom: 'base' as const };
    await bench.open({ ...wholeWeights(), training }, run);
    const publishAnew = (round: number, trained: Trained, previous: PolicyVersion) =>
      inActivity(() => bench.activities.publish({ run, round, trained, previous }));
    shiftOf.set('checkpoint-1', 0.125).set('checkpoint-2', 0.5);
    const first = await publishAnew(1, await train(1, 'a', 0.125, 0, 'anew'), opened.basePolicy);
    const since = bench.server.requests.length;
    await publishAnew(2, await train(2, 'b', 0.5, 0, 'anew'), first);
    // Read from the version before, from the base, and from the new weights.
    expect(bench.server.requests.slice(since).flatMap(pathLoaded)).toEqual([base(), checkpoint(2)]);
    expect((await bench.store.find('anew/round-002/policy'))?.summary).toEqual({
      meanChange: 0.375,
      meanDisagreement: 0,
      baseDisagreement: 0,
    });
  });

  it('catches a server that keeps its old weights, and puts the version before back under its own label', async () => {
    // It says yes to every call and loads nothing.
    intercept = ({ path }) => (path === '/collective_rpc' ? { body: { results: [null] } } : undefined);
    shiftOf.set('checkpoint-1', 0.125);
    const failure = await failureFrom(publish(1, await train(1, 'a', 0.125)));
    expect(failure).toMatchObject({ type: 'adapter/probe-mismatch', nonRetryable: true });
    expect(failure.message).toBe(
      'Checkpoint test-v1-aaaaaaaa was not published: served and trained log-probabilities differ by 0.1250 nats a token (allowed 0.15), served and previous ones by 0.0000. The previous policy is in service again.',
    );
    expect(labelNow()).toBe('base:base');
    expect(await bench.store.find('test/round-001/policy')).toBeUndefined();
  });

  it('refuses weights that training left as they were', async () => {
    const failure = await failureFrom(publish(1, await train(1, 'a', 0)));
    expect(failure).toMatchObject({ type: 'adapter/no-op' });
    expect(failure.message).toContain('training changed nothing: the checkpoint equals its base');
    expect(labelNow()).toBe('base:base');
  });

  it('refuses a server whose base is not what was trained on, before anything is loaded', async () => {
    shiftOf.set('base', 0.5).set('model', 0.5);
    const failure = await failureFrom(publish(1, await train(1, 'a', 0.125)));
    expect(failure).toMatchObject({ type: 'adapter/base-mismatch', nonRetryable: true });
    expect(bench.server.requests.map(({ body }) => JSON.stringify(body ?? null)).join('\n')).not.toContain(
      'checkpoint-1',
    );
  });

  it('never gives the server a folder that is not whole', async () => {
    const trained = await train(1, 'a', 0.125);
    await writeCheckpoint(checkpoint(1), { cutBytes: 4 });
    const failure = await failureFrom(publish(1, trained));
    expect(failure).toMatchObject({ type: 'adapter/load-refused', nonRetryable: true });
    expect(bench.server.held).toEqual({ label: 'default', path: null, isPaused: false });
  });

  it('begins again after a worker died between loading and recording', async () => {
    const trained = await train(1, 'a', 0.125);
    shiftOf.set('checkpoint-1', 0.125);
    // The trace of the dead worker: new weights under an unfinished label, and a pause that nobody ended.
    Object.assign(bench.server.held ?? {}, { label: 'changing to x', path: checkpoint(1), isPaused: true });
    await publish(1, trained);
    expect(bench.server.held).toMatchObject({ path: checkpoint(1), isPaused: false });
    expect(labelNow()).toBe('test-v1-aaaaaaaa@aaaaaaaaaaaaaaaa');
  });
});

describe('sampling from whole weights', () => {
  it('loads and probes them again after a restart of the server, before the first call', async () => {
    const policy = await publishFirst();
    await bench.server.die();
    await bench.server.revive();
    const since = bench.server.requests.length;
    await bench.respond(task(policy));
    expect(stepsSince(since)).toEqual([...REPLACE, ...PROBE, '/v1/chat/completions']);
    expect(bench.server.held?.path).toBe(checkpoint(1));
  });

  it('takes turns: two shards that need the same version load it once', async () => {
    const policy = await publishFirst();
    await bench.server.die();
    await bench.server.revive();
    const since = bench.server.requests.length;
    await Promise.all([bench.respond(task(policy, 0)), bench.respond(task(policy, 1))]);
    expect(stepsSince(since)).toEqual([...REPLACE, ...PROBE, '/v1/chat/completions', '/v1/chat/completions']);
  });

  it('goes back to the base and forth again as versions are asked for', async () => {
    const policy = await publishFirst();
    await bench.respond(task(opened.basePolicy));
    expect(bench.server.held?.path).toBe(base());
    await bench.respond(task(policy));
    expect(bench.server.held?.path).toBe(checkpoint(1));
    const answers = await Promise.all(
      ['000', '001'].map(async (round) => {
        const name = `test/round-${round}/evaluate/rollouts/shard-000`;
        const [row] = (await readArtifact<Rollout>(bench.store, name)).rows;
        return [row?.policy, row?.outcome.ok && row.outcome.text];
      }),
    );
    expect(answers).toEqual([
      ['base:base', 'words of model'],
      ['test-v1-aaaaaaaa@aaaaaaaaaaaaaaaa', 'words of checkpoint-1'],
    ]);
  });

  it('ends a pause that a dead worker left under the right label', async () => {
    const policy = await publishFirst();
    Object.assign(bench.server.held ?? {}, { isPaused: true });
    await bench.respond(task(policy));
    expect(bench.server.held?.isPaused).toBe(false);
  });

  it('samples nothing from a server that has the right label and other weights', async () => {
    const policy = await publishFirst();
    // Another worker, which has not seen the probe, meets a server that lies and goes on lying.
    Object.assign(bench.server.held ?? {}, { label: `${labelNow()}#00000000`, path: null });
    intercept = ({ path }) => (path === '/collective_rpc' ? { body: { results: [null] } } : undefined);
    const failure = await failureFrom(bench.respond(task(policy)));
    expect(failure).toMatchObject({ type: 'adapter/probe-mismatch', nonRetryable: true });
    expect(failure.message).toContain('is not what the server holds after loading it');
    expect(bench.chatCalls()).toEqual([]);
    expect(bench.server.held?.label).toMatch(/^refused /);
  });

  it('keeps no answer that came while the weights changed: the ledger asks again', async () => {
    const policy = await publishFirst();
    intercept = ({ path }) => {
      if (path !== '/v1/chat/completions') return undefined;
      // A restart between the look at the label and the answer.
      Object.assign(bench.server.held ?? {}, { label: 'default', path: null });
      return undefined;
    };
    const failure = await failureFrom(bench.respond(task(policy)));
    expect(failure).toMatchObject({ type: 'adapter/not-loaded', nonRetryable: false });
    expect(failure.message).toContain('holds "default" now');
    intercept = () => undefined;
    await bench.respond(task(policy));
    expect(bench.chatCalls()).toHaveLength(2);
  });
});

describe('opening a run', () => {
  it('of whole weights is refused by a server that takes none, before anything is paid', async () => {
    intercept = ({ path }) => (path === '/weight_info' ? { status: 404, body: { detail: 'Not Found' } } : undefined);
    const run = { ...bench.run, runName: 'other' };
    const failure = await failureFrom(bench.open(wholeWeights(), run));
    expect(failure).toMatchObject({ type: 'adapter/dev-mode-off', nonRetryable: true });
    expect(bench.chatCalls()).toEqual([]);
  });

  it('of adapters is refused by a server that holds the whole weights of another run', async () => {
    await publishFirst();
    const failure = await failureFrom(bench.open({}, { ...bench.run, runName: 'other' }));
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toMatch(/holds the weights "test-v1-aaaaaaaa@a{16}#[0-9a-f]{8}" of a run/);
  });
});
