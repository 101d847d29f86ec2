// Locks what comparing a batch of a synthesis promises: twice is once, a break in the middle pays for the rest alone, and a
// worker that has just been started finds the same neighbours.
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCompareBatchActivities } from '../../activities/synthesis/compare-batch.ts';
import { createNeighbourPools } from '../../activities/synthesis/neighbour-pool.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { makeRow } from '../support/make-quality-rows.ts';
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

const paid = (path: string) => world.server.requests.filter((request) => request.path === path).length;

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
