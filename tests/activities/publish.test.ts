// Locks that only weights that are what was trained come into service, and that the old ones go after, not before.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { OpenedRun } from '../../domain/run.ts';
import { failureFrom, inActivity, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import type { ScriptedModelServerOptions } from '../support/scripted-model-server.ts';

const TOKENS = Array.from({ length: 24 }, (_, index) => index + 3);

/** What the base gives a token; an adapter shifts it by so many nats. */
const baseLogprob = (token: number): number => -1 - (token % 4) / 4;

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let opened: OpenedRun;
/** Shift of each served model; 0 where none is set. */
let servedShift: Map<string, number>;
let intercept: NonNullable<ScriptedModelServerOptions['intercept']>;

beforeEach(async () => {
  servedShift = new Map();
  intercept = () => undefined;
  bench = await startActivityBench(
    {
      answer: () => 'plain words',
      scoreToken: (model, _prefix_T, token) => baseLogprob(token) + (servedShift.get(model) ?? 0),
    },
    (request) => intercept(request),
  );
  await bench.writePrompts('train', [makePrompt('a', 'Tell me about rain')]);
  await bench.writePrompts('held-out', [makePrompt('b', 'Tell me about bread'), makePrompt('c', 'Tell me about salt')]);
  opened = await bench.open({ shards: { rows: 1 } });
});
afterEach(() => bench.close());

/** Leaves behind what the trainer would: an adapter whose log-probabilities lie so many nats above the base's. */
async function trainAdapter(round: number, hash: string, shift: number) {
  const baseLogprobs = TOKENS.slice(1).map(baseLogprob);
  const result = {
    schemaVersion: 1,
    adapterDir: `adapters/round-${round}`,
    steps: 1,
    pairs: 1,
    dropped: 0,
    resumedFromStep: 0,
    finalLoss: 0.5,
    finalMargin: 0.5,
    trainSeconds: 1,
    probes: [{ tokenIds: TOKENS, baseLogprobs, adapterLogprobs: baseLogprobs.map((value) => value + shift) }],
  };
  await bench.store.write({
    name: `test/round-00${round}/training`,
    schema: 'training-result',
    step: 'train',
    parents: [],
    configHash: bench.run.configHash,
    policy: 'base:base',
    shards: [[result]],
    summary: {},
  });
  return { adapterPath: `/adapters/${round}`, adapterHash: hash.repeat(64) };
}

const publish = (
  round: number,
  trained: { readonly adapterPath: string; readonly adapterHash: string },
  previous: PolicyVersion = opened.basePolicy,
) => inActivity(() => bench.activities.publish({ run: bench.run, round, trained, previous }));

describe('publish', () => {
  it('puts a good adapter into service and records what the probe measured', async () => {
    servedShift.set('test-v1-aaaaaaaa', 0.125);
    const policy = await publish(1, await trainAdapter(1, 'a', 0.125));
    expect(policy).toEqual({
      round: 1,
      servedModel: 'test-v1-aaaaaaaa',
      adapterHash: 'a'.repeat(64),
      adapterPath: '/adapters/1',
    });
    expect([...bench.server.adapters]).toEqual([['test-v1-aaaaaaaa', '/adapters/1']]);
    expect((await bench.store.find('test/round-001/policy'))?.summary).toEqual({
      meanChange: 0.125,
      meanDisagreement: 0,
      baseDisagreement: 0,
    });
  });

  it('unloads the adapter that was replaced', async () => {
    servedShift.set('test-v1-aaaaaaaa', 0.125).set('test-v2-bbbbbbbb', 0.25);
    const first = await publish(1, await trainAdapter(1, 'a', 0.125));
    await publish(2, await trainAdapter(2, 'b', 0.25), first);
    expect([...bench.server.adapters]).toEqual([['test-v2-bbbbbbbb', '/adapters/2']]);
  });

  it('does nothing again for a round that is published', async () => {
    servedShift.set('test-v1-aaaaaaaa', 0.125);
    const trained = await trainAdapter(1, 'a', 0.125);
    const policy = await publish(1, trained);
    const requests = bench.server.requests.length;
    expect(await publish(1, trained)).toEqual(policy);
    expect(bench.server.requests).toHaveLength(requests);
  });

  it.each([
    [
      'an adapter that training left as its base',
      { trained: 0, served: 0, base: 0 },
      'adapter/no-op',
      'training changed nothing: the adapter equals its base',
    ],
    [
      'base weights under a new name',
      { trained: 0.125, served: 0, base: 0 },
      'adapter/probe-mismatch',
      'served and trained log-probabilities differ by 0.1250 nats a token (allowed 0.15), served and previous ones by 0.0000',
    ],
    [
      'an adapter on another base',
      { trained: 0.125, served: 0.125, base: -0.5 },
      'adapter/base-mismatch',
      "the server's base model differs from the one trained on by 0.5000 nats a token (allowed 0.15)",
    ],
  ])('refuses %s and unloads it again', async (_what, shifts, type, why) => {
    servedShift.set('base', shifts.base).set('test-v1-aaaaaaaa', shifts.served);
    const failure = await failureFrom(publish(1, await trainAdapter(1, 'a', shifts.trained)));
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure.message).toBe(
      `Adapter test-v1-aaaaaaaa was not published: ${why}. The previous policy stays in service.`,
    );
    expect(bench.server.requests.map(({ path }) => path)).toContain('/v1/load_lora_adapter');
    expect([...bench.server.adapters]).toEqual([]);
    expect(await bench.store.find('test/round-001/policy')).toBeUndefined();
  });

  it('says why the server would not load an adapter', async () => {
    const trained = await trainAdapter(1, 'a', 0.125);
    intercept = ({ path }) =>
      path === '/v1/load_lora_adapter'
        ? { status: 400, body: { error: { message: 'No such folder', code: 400 } } }
        : undefined;
    const failure = await failureFrom(publish(1, trained));
    expect(failure).toMatchObject({ type: 'adapter/load-refused', nonRetryable: true });
    expect(failure.message).toContain('"No such folder"');
  });
});

describe('respond', () => {
  const unload = (name: string) =>
    fetch(`${bench.server.baseUrl}/v1/unload_lora_adapter`, {
      method: 'POST',
      body: JSON.stringify({ lora_name: name }),
    });

  /** What was asked of a model since a request, in order; a probe asks for 16 tokens. */
  const askedOf = (model: string, since: number): readonly string[] =>
    bench.server.requests.slice(since).flatMap(({ path, body }) => {
      const { model: asked, lora_name: loaded } = (body ?? {}) as {
        readonly model?: string;
        readonly lora_name?: string;
      };
      if (asked !== model && loaded !== model) return [];
      return (
        { '/v1/load_lora_adapter': 'load', '/v1/completions': 'probe', '/v1/chat/completions': 'chat' }[path] ?? []
      );
    });

  async function publishFirst(): Promise<PolicyVersion> {
    servedShift.set('test-v1-aaaaaaaa', 0.125);
    return publish(1, await trainAdapter(1, 'a', 0.125));
  }
  const task = (policy: PolicyVersion, shard = 0) =>
    ({ run: bench.run, stage: 'evaluate', round: 1, shard, policy }) as const;

  it('loads and probes a published adapter again that the server lost in a restart', async () => {
    const policy = await publishFirst();
    await unload(policy.servedModel);
    expect([...bench.server.adapters]).toEqual([]);
    const since = bench.server.requests.length;
    await bench.respond(task(policy));
    expect([...bench.server.adapters]).toEqual([['test-v1-aaaaaaaa', '/adapters/1']]);
    expect(askedOf(policy.servedModel, since)).toEqual(['load', ...Array<string>(16).fill('probe'), 'chat']);
  });

  it('loads an adapter anew that the server has from the folder of before the store was moved', async () => {
    const policy = await publishFirst();
    await bench.respond(task({ ...policy, adapterPath: '/moved/1' }));
    expect([...bench.server.adapters]).toEqual([['test-v1-aaaaaaaa', '/moved/1']]);
  });

  it('says that an adapter is not loaded when the server forgot it after the look, which the next attempt mends', async () => {
    const policy = await publishFirst();
    intercept = ({ path }) => {
      if (path === '/v1/chat/completions') (bench.server.adapters as Map<string, string>).clear();
      return undefined;
    };
    const failure = await failureFrom(bench.respond(task(policy)));
    expect(failure).toMatchObject({ type: 'adapter/not-loaded', nonRetryable: false });
    expect(bench.chatCalls()).toHaveLength(1);
    intercept = () => undefined;
    await bench.respond(task(policy));
  });

  it('probes from the beginning when the server broke off a probe, though the adapter is loaded', async () => {
    const policy = await publishFirst();
    await unload(policy.servedModel);
    intercept = ({ path }) => (path === '/v1/completions' ? 'reset' : undefined);
    await expect(bench.respond(task(policy))).rejects.toMatchObject({ type: 'model-server/unavailable' });
    intercept = () => undefined;
    const since = bench.server.requests.length;
    await bench.respond(task(policy));
    expect(askedOf(policy.servedModel, since)).toEqual([...Array<string>(16).fill('probe'), 'chat']);
  });

  it('does not sample a shard while the adapter is being probed for another', async () => {
    const policy = await publishFirst();
    await unload(policy.servedModel);
    const since = bench.server.requests.length;
    await Promise.all([bench.respond(task(policy, 0)), bench.respond(task(policy, 1))]);
    expect(askedOf(policy.servedModel, since)).toEqual(['load', ...Array<string>(16).fill('probe'), 'chat', 'chat']);
  });

  it('samples nothing from a server that answers with the base weights under the name of the version', async () => {
    const policy = await publishFirst();
    await unload(policy.servedModel);
    servedShift.set(policy.servedModel, 0);
    const failure = await failureFrom(bench.respond(task(policy)));
    expect(failure).toMatchObject({ type: 'adapter/probe-mismatch', nonRetryable: true });
    expect(bench.chatCalls()).toEqual([]);
    expect([...bench.server.adapters]).toEqual([]);
  });
});
