// Locks what the quality stages of a synthesis promise: twice is once, a break in the middle pays for the rest alone, and
// nothing that could not be read is ever good or bad.
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCompareBatchActivities } from '../../activities/synthesis/compare-batch.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createFilterBatchActivities } from '../../activities/synthesis/filter-batch.ts';
import { createNeighbourPools } from '../../activities/synthesis/neighbour-pool.ts';
import { readLoopCalls, synthesisCallPlaces } from '../../activities/runs/reports/loop-calls.ts';
import { createRewardBatchActivities } from '../../activities/synthesis/reward-batch.ts';
import { createTagBatchActivities } from '../../activities/synthesis/tag-batch.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { makeAnswered, makeRow } from '../support/make-quality-rows.ts';
import type { RecordedRequest, ScriptedReply } from '../support/scripted-model-server.ts';
import { startSynthesisWorld, type QualityChanges, type SynthesisWorld } from '../support/synthesis-world.ts';

let world: SynthesisWorld;
/** What the server answers. */
let reply: (request: RecordedRequest) => ScriptedReply;

beforeEach(async () => {
  world = await startSynthesisWorld((request) => reply(request));
});
afterEach(() => world.close());

/** Activities of a worker that has just been started. */
function start(changes: QualityChanges) {
  const provider = world.provide(changes);
  const activities = withTranslatedErrors({
    ...createTagBatchActivities(provider),
    ...createCompareBatchActivities(provider),
    ...createRewardBatchActivities(provider),
    ...createFilterBatchActivities(provider),
  });
  const task = (batch: number) => ({ run: world.run, batch });
  return {
    tag: (batch = 0) => inActivity(() => activities.tagBatch(task(batch))),
    compare: (batch = 0) => inActivity(() => activities.compareBatch(task(batch))),
    reward: (batch = 0) => inActivity(() => activities.rewardBatch(task(batch))),
    filter: (batch = 0) => inActivity(() => activities.filterBatch(task(batch))),
  };
}

const say = (content: string): ScriptedReply => ({
  body: {
    choices: [{ index: 0, message: { content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 4 },
  },
});
const promptOf = ({ body }: RecordedRequest) => JSON.stringify((body as { messages?: unknown }).messages ?? body);
const paid = (path: string) => world.server.requests.filter((request) => request.path === path).length;

/** Answers as a tagger by what a query says: its number of the alphabet, or "odd". */
function tagger(request: RecordedRequest): ScriptedReply {
  const prompt = promptOf(request);
  if (prompt.includes('odd')) return say('I would rather not say.');
  if (prompt.includes('primary_tag')) return say(JSON.stringify({ primary_tag: 'Math', other_tags: [] }));
  if (prompt.includes('input_quality')) return say(JSON.stringify({ explanation: 'clear', input_quality: 'good' }));
  return say(JSON.stringify({ intent: 'i', knowledge: 'k', difficulty: 'easy' }));
}

const dropped = { by: 'screened', reason: 'length' };
const ALL_TAGS = { ask: ['category', 'quality', 'difficulty'] as const, attempts: 2 };
const asTags = { ...ALL_TAGS, ask: [...ALL_TAGS.ask] };

describe('tagging a batch', () => {
  beforeEach(async () => {
    reply = tagger;
    await world.write('screened', 0, [
      makeRow(0, 'What is two and two, added up?'),
      makeRow(1, 'This was dropped', { dropped }),
      makeRow(2, 'Something odd is going on here'),
    ]);
  });

  it('asks for each tag of each row that is left, and counts what could not be read', async () => {
    const counts = await start({ tags: asTags }).tag();
    expect(counts).toEqual({
      rows: 3,
      alive: 2,
      dropped: {},
      // Three tags of the first, and twice three of the odd one.
      calls: 9,
      promptTokens: 90,
      completionTokens: 36,
      tagged: 2,
      unread: { 'difficulty/malformed': 1, 'quality/malformed': 1, 'category/malformed': 1 },
    });
    const [first, gone, odd] = await world.read('tagged', 0);
    expect(first?.tags).toEqual({
      category: 'Math',
      otherCategories: [],
      quality: 'good',
      qualityExplanation: 'clear',
      difficulty: 'easy',
      intent: 'i',
      knowledge: 'k',
      language: 'en',
    });
    expect(gone).toEqual(makeRow(1, 'This was dropped', { dropped }));
    expect(odd?.tags).toMatchObject({ category: null, quality: null, difficulty: null, intent: null });
    expect(odd?.dropped).toBeUndefined();
  });

  it('holds the reply to a schema, by a seed of its own for each try', async () => {
    await start({ tags: asTags }).tag();
    const bodies = world.server.requests.map(
      ({ body }) => body as { seed: number; temperature: number; structured_outputs: { json: { required: string[] } } },
    );
    expect(new Set(bodies.map(({ structured_outputs: held }) => held.json.required.join()))).toEqual(
      new Set(['intent,knowledge,difficulty', 'explanation,input_quality', 'primary_tag,other_tags']),
    );
    expect(bodies.map(({ temperature }) => temperature).filter((value) => value > 0)).toEqual([0.7, 0.7, 0.7]);
    expect(new Set(bodies.map(({ seed }) => seed)).size).toBe(9);
  });

  it('costs nothing twice, and nothing at all where no tag is asked for', async () => {
    const first = await start({ tags: asTags }).tag();
    expect(await start({ tags: asTags }).tag()).toEqual(first);
    expect(world.server.requests).toHaveLength(9);
    await world.write('screened', 1, [makeRow(3, 'Wie backe ich Brot ohne Ofen?')]);
    const { calls } = await start({}).tag(1);
    expect(calls).toBe(0);
    expect((await world.read('tagged', 1))[0]?.tags).toEqual({ language: 'de' });
    expect(world.server.requests).toHaveLength(9);
  });

  it('pays for the rest alone after a break in the middle, and writes the same rows', async () => {
    let answered = 0;
    reply = (request) => {
      answered += 1;
      return answered > 4 ? { status: 503, body: '' } : tagger(request);
    };
    const failure = await failureFrom(start({ tags: asTags }).tag());
    expect(failure).toMatchObject({ type: 'model-server/unavailable', nonRetryable: false });
    expect(world.server.requests).toHaveLength(5);
    reply = tagger;
    const counts = await start({ tags: asTags }).tag();
    // Nine answers, of which four were paid for before; the fifth call had none.
    expect(world.server.requests).toHaveLength(10);
    expect(counts).toMatchObject({ calls: 9, promptTokens: 90 });
  });

  it('asks a guard about the query alone, and keeps verdict and categories apart', async () => {
    reply = (request) => say(promptOf(request).includes('odd') ? 'unsafe\nS2,S10' : 'safe');
    const guard = { ...world.endpoint, model: 'guard' };
    const counts = await start({ tags: { guard }, filters: { rules: [{ kind: 'safe' }] } }).tag();
    expect(counts).toMatchObject({ calls: 2, unread: {} });
    const rows = await world.read('tagged', 0);
    expect(rows.map(({ tags }) => tags?.safety)).toEqual([
      { verdict: 'safe', categories: [] },
      undefined,
      { verdict: 'unsafe', categories: ['S2', 'S10'] },
    ]);
    expect(world.server.requests[0]?.body).toMatchObject({
      model: 'guard',
      messages: [{ role: 'user', content: 'What is two and two, added up?' }],
    });
    expect(world.server.requests[0]?.body).not.toHaveProperty('response_format');
  });

  it('asks any chat model for a verdict in JSON, and has none when it begins to talk', async () => {
    reply = (request) => say(promptOf(request).includes('odd') ? 'Well.' : '{"explanation":"x","verdict":"safe"}');
    const guard = { ...world.endpoint, model: 'guard', format: 'json' as const, attempts: 1 };
    expect(await start({ tags: { guard } }).tag()).toMatchObject({ unread: { 'safety/malformed': 1 } });
    expect((await world.read('tagged', 0)).map(({ tags }) => tags?.safety)).toEqual([
      { verdict: 'safe', categories: [] },
      undefined,
      null,
    ]);
    expect(world.server.requests[0]?.body).toHaveProperty('response_format');
  });
});

/** Embeds a text by the number in it, in degrees; "long" is refused. */
function embedder({ body }: RecordedRequest): ScriptedReply {
  const { input } = body as { input: string };
  if (input.includes('long'))
    return { status: 400, body: { error: { message: 'maximum context length is 8 tokens' } } };
  const angle = (Number(/\d+/.exec(input)?.[0] ?? 0) * Math.PI) / 180;
  return { body: { data: [{ index: 0, embedding: [Math.cos(angle), Math.sin(angle)] }], usage: { prompt_tokens: 3 } } };
}

const angles = (...degrees: readonly number[]) => degrees.map((angle) => makeRow(angle, `Tell me of angle ${angle}`));

describe('comparing a batch', () => {
  const byMeaning = (index: 'exact' | 'hnsw' = 'exact'): QualityChanges => ({
    neighbours: { by: { ...world.endpoint, model: 'embedder' }, index },
  });

  beforeEach(async () => {
    reply = embedder;
    await world.write('tagged', 0, [...angles(0, 60), makeRow(500, 'A query that is too long')]);
    await world.write('tagged', 1, [...angles(5, 120), makeRow(501, 'tell me of angle 60!')]);
    await world.write('tagged', 2, angles(125, 10, 200));
  });

  it('holds each query against what was kept before, in this batch and in earlier ones', async () => {
    const worker = start(byMeaning());
    expect(await worker.compare(0)).toMatchObject({
      rows: 3,
      alive: 2,
      dropped: { 'no-repeats/not compared': 1 },
      calls: 3,
      promptTokens: 6,
      refused: 1,
      compared: 1,
      distanceSum: 0.5,
      completionTokens: 0,
      silentCalls: 3,
      distances: { '1': { compared: 1, distanceSum: 0.5 } },
    });
    expect(await worker.compare(1)).toMatchObject({
      alive: 1,
      dropped: { 'no-repeats/repeats an earlier query': 1, 'duplicates/equal text': 1 },
      refused: 0,
    });
    await worker.compare(2);
    const rows = await world.read('compared', 2);
    // 125° repeats 120°; 10° repeats 0°, which 5° did too; 200° is 80° from 120°.
    expect(rows.map(({ neighbour, dropped: gone }) => [neighbour?.rowId, neighbour?.repeatCount, gone?.by])).toEqual([
      ['row-120', 1, 'no-repeats'],
      ['row-000', 1, 'no-repeats'],
      ['row-120', 0, undefined],
    ]);
  });

  it.each(['exact', 'hnsw'] as const)(
    'gives the same to a worker that has just been started, and costs nothing twice: %s',
    async (index) => {
      const worker = start(byMeaning(index));
      for (const batch of [0, 1, 2]) await worker.compare(batch);
      const before = await world.store.find('test/synthesis/compared/shard-002');
      const calls = paid('/v1/embeddings');
      expect(await start(byMeaning(index)).compare(2)).toMatchObject({ rows: 3, alive: 1 });
      expect(paid('/v1/embeddings')).toBe(calls);

      // The same batches with a new worker for each: the pool is built anew from artifacts.
      const other = await startSynthesisWorld(embedder);
      try {
        for (const batch of [0, 1, 2]) {
          await other.write('tagged', batch, await world.read('tagged', batch));
          const activities = createCompareBatchActivities(
            other.provide({ neighbours: { by: { ...other.endpoint, model: 'embedder' }, index } }),
          );
          await inActivity(() => activities.compareBatch({ run: other.run, batch }));
        }
        expect((await other.store.find('test/synthesis/compared/shard-002'))?.contentHash).toBe(before?.contentHash);
      } finally {
        await other.close();
      }
    },
  );

  it('pays for the rest alone after a break in the middle', async () => {
    let answered = 0;
    reply = (request) => {
      answered += 1;
      return answered > 1 ? 'reset' : embedder(request);
    };
    expect(await failureFrom(start(byMeaning()).compare(0))).toMatchObject({ type: 'model-server/unavailable' });
    reply = embedder;
    await start(byMeaning()).compare(0);
    // One answer, one call that was lost, and the two that were left.
    expect(paid('/v1/embeddings')).toBe(4);
  });

  it('holds what is compared again against what was there then, and keeps what it has read', async () => {
    const worker = start(byMeaning());
    for (const batch of [0, 1, 2]) await worker.compare(batch);
    const services = await world.provide(byMeaning()).of(world.run);
    const pools = createNeighbourPools();
    const before = (batch: number) => pools.before(services, world.run, batch);
    const all = await before(3);
    expect([...all.texts.values()]).toEqual(['row-000', 'row-060', 'row-120', 'row-200']);
    const earlier = await before(1);
    expect([...earlier.texts.values()]).toEqual(['row-000', 'row-060']);
    expect(earlier.index?.size).toBe(2);
    expect(await before(3)).toBe(all);

    // Four other runs push it out: it is read anew, and is the same.
    for (const configHash of ['a', 'b', 'c', 'd']) await pools.before(services, { ...world.run, configHash }, 1);
    const again = await before(3);
    expect(again).not.toBe(all);
    expect([...again.texts]).toEqual([...all.texts]);
  });

  it('refuses to compare a batch before the earlier ones', async () => {
    const failure = await failureFrom(start(byMeaning()).compare(1));
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'artifact/missing', nonRetryable: true });
    expect(failure.message).toContain('test/synthesis/compared/shard-000');
  });

  it('says so when the server has come to hold another model', async () => {
    await start(byMeaning()).compare(0);
    reply = () => ({ body: { data: [{ embedding: [1, 0, 0] }] } });
    const failure = await failureFrom(start(byMeaning()).compare(1));
    expect(failure).toMatchObject({ type: 'data/mixed-scorers', nonRetryable: true });
    expect(failure.message).toContain('embedder embedded a query in 3 dimensions, and earlier ones of the run in 2');
  });

  it('works by words without any model, and with equal texts alone', async () => {
    await world.write('tagged', 3, []);
    const worker = start({});
    await worker.compare(0);
    expect(await worker.compare(1)).toMatchObject({ calls: 0, dropped: { 'duplicates/equal text': 1 } });
    expect(world.server.requests).toHaveLength(0);
    const none = start({ neighbours: { by: 'none' }, filters: { rules: [] } });
    await world.write('tagged', 4, []);
    await none.compare(2);
    expect((await world.read('compared', 2)).every(({ neighbour }) => neighbour === undefined)).toBe(true);
    expect(await none.compare(3)).toMatchObject({ rows: 0, alive: 0, compared: 0 });
  });
});

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
