// Locks what scoring and filtering a batch of a synthesis promise: twice is once, a break in the middle pays for the rest alone,
// and nothing that has no reward is ever good or bad.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLoopCalls, synthesisCallPlaces } from '../../activities/runs/reports/loop-calls.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import { failureFrom } from '../support/activity-bench.ts';
import { makeAnswered } from '../support/make-quality-rows.ts';
import { startQualityWorker } from '../support/quality-worker.ts';
import type { RecordedRequest, ScriptedReply } from '../support/scripted-model-server.ts';
import { startSynthesisWorld, type QualityChanges, type SynthesisWorld } from '../support/synthesis-world.ts';

let world: SynthesisWorld;
/** What the server answers. */
let reply: (request: RecordedRequest) => ScriptedReply;

beforeEach(async () => {
  world = await startSynthesisWorld((request) => reply(request));
});
afterEach(() => world.close());

const start = (changes: QualityChanges) => startQualityWorker(world, changes);

const dropped = { by: 'screened', reason: 'length' };

describe('scoring and keeping a batch', () => {
  const QUERY = 'How do I bake bread?';
  const rewards = () => ({
    ...world.endpoint,
    model: 'rm',
    path: '/score',
    base: { ...world.endpoint, model: 'base-model' },
  });

  beforeEach(async () => {
    reply = ({ path, body }) => {
      if (path === '/v1/completions') {
        const { prompt } = body as { prompt: string };
        const text = prompt.includes('silence') ? ' \n' : ' Mix and bake.\n';
        return {
          body: {
            choices: [{ index: 0, text, finish_reason: 'stop' }],
            usage: { prompt_tokens: 20, completion_tokens: 3 },
          },
        };
      }
      const { messages } = body as { messages: readonly { content: string }[] };
      const last = messages.at(-1)?.content ?? '';
      if (last.includes('endless')) return { status: 400, body: { error: { message: 'input is too long' } } };
      return { body: { score: last === 'Mix and bake.' ? -2 : last.length / 10 } };
    };
    await world.write('answered', 0, [
      makeAnswered(0, QUERY, 'Knead, wait and bake it.'),
      makeAnswered(1, 'Say silence', 'Hush now, be quiet.'),
      makeAnswered(2, QUERY, 'An endless reply.'),
      makeAnswered(3, QUERY, 'Cut', { dropped }),
    ]);
  });

  it('sets the reward, that of the base reply, and their difference; nothing where one is not there', async () => {
    const counts = await start({ rewards: rewards() }).reward();
    // Three conversations, three base replies and the two of them that are not empty, which are equal.
    expect(counts).toMatchObject({ scored: 2, unscored: 1, differences: 1, promptTokens: 60, completionTokens: 9 });
    expect(counts).toMatchObject({ calls: 7, silentCalls: 4, uncountedCalls: 4 });
    expect(counts.rewardSum).toBeCloseTo(2.4 + 1.9);
    expect(counts.differenceSum).toBeCloseTo(4.4);
    const rows = await world.read('scored', 0);
    expect(rows.map(({ rewards: found }) => found)).toEqual([
      { rewardModel: 'rm', reward: 2.4, baseReward: -2, rewardDifference: 4.4 },
      { rewardModel: 'rm', reward: 1.9, baseReward: null, rewardDifference: null },
      { rewardModel: 'rm', reward: null, baseReward: -2, rewardDifference: null },
      undefined,
    ]);
    const [completion] = world.server.requests.filter(({ path }) => path === '/v1/completions');
    expect(completion?.body).toMatchObject({ model: 'base-model', temperature: 0, stop: ['\n=== '] });
    expect(String((completion?.body as { prompt?: string } | undefined)?.prompt)).toMatch(
      /```text\nHow do I bake bread\?\n```\n\n=== ANSWER 4\n\n$/,
    );
  });

  it('pays for the rest alone after a break in the middle, and for nothing twice', async () => {
    const whole = reply;
    let answered = 0;
    reply = (request) => {
      answered += 1;
      return answered > 2 ? { status: 503, body: '' } : whole(request);
    };
    expect(await failureFrom(start({ rewards: rewards() }).reward())).toMatchObject({
      type: 'model-server/unavailable',
    });
    reply = whole;
    const counts = await start({ rewards: rewards() }).reward();
    // Three rewards, three base replies, one base reward (one reply is empty, two are the same), and the call that was lost.
    expect(world.server.requests).toHaveLength(8);
    expect(await start({ rewards: rewards() }).reward()).toEqual(counts);
    expect(world.server.requests).toHaveLength(8);
  });

  it('reports the calls of models that write nothing: no tokens out, and none in that the server did not say', async () => {
    await start({ rewards: rewards() }).reward();
    const services = { store: world.store, ledgers: createLocalLedgerStore({ root: world.run.storeRoot }) };
    const names = await world.store.list('test/');
    const read = () => readLoopCalls(services, 'test', names, synthesisCallPlaces('test'));
    const scored = { stage: 'synthesis/scored', sent: 7, answered: 7, failed: 0, lost: 0 };
    expect(await read()).toEqual([{ ...scored, promptTokens: null, completionTokens: 9 }]);
  });

  it('reports 0 tokens out of a reward model alone, and those in that it counts', async () => {
    reply = () => ({ body: { data: [{ data: [1.5] }], usage: { prompt_tokens: 12 } } });
    await start({ rewards: { ...world.endpoint, model: 'rm', path: '/pooling' } }).reward();
    const services = { store: world.store, ledgers: createLocalLedgerStore({ root: world.run.storeRoot }) };
    const names = await world.store.list('test/');
    expect(await readLoopCalls(services, 'test', names, synthesisCallPlaces('test'))).toMatchObject([
      { stage: 'synthesis/scored', answered: 3, promptTokens: 36, completionTokens: 0 },
    ]);
    // vLLM would squeeze them into [0, 1].
    expect(world.server.requests[0]?.body).toMatchObject({ model: 'rm', use_activation: false });
  });

  it('passes rows on where there is no reward model, and keeps those whose replies are whole', async () => {
    expect(await start({}).reward()).toMatchObject({ rows: 4, alive: 3, scored: 0, unscored: 0 });
    expect(world.server.requests).toHaveLength(0);
    expect(await start({}).filter()).toEqual({ rows: 4, alive: 3, dropped: {} });
    await world.write('scored', 1, [
      makeAnswered(4, QUERY, 'It was cut', { replyFinish: 'length' }),
      makeAnswered(5, QUERY, 'Bake it. '.repeat(40)),
    ]);
    const kept = await start({}).filter(1);
    expect(kept).toEqual({ rows: 2, alive: 0, dropped: { 'reply-whole/truncated': 1, 'reply-loops/loops': 1 } });
    expect(await start({}).filter(1)).toEqual(kept);
  });

  it('keeps only what a published filter keeps, and counts what has no reward apart', async () => {
    const changes: QualityChanges = {
      rewards: rewards(),
      filters: { rules: [{ kind: 'reward', above: 2 }, { kind: 'reward-difference' }] },
    };
    await start(changes).reward();
    expect(await start(changes).filter()).toEqual({
      rows: 4,
      alive: 1,
      dropped: { 'reward/not above 2': 1, 'reward/unscored': 1 },
    });
  });
});
