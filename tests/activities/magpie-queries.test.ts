// Locks what Magpie draws: the template's own beginning without a second special token, stops by id, seeds that no two samples
// share, each cell of the mix with what it asks for.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeDraw } from '../../domain/synthesis/describe-draw.ts';
import type { MagpieOrigin } from '../../domain/synthesis/synthesis-row.ts';
import { startMagpieBench, type MagpieBench } from '../support/magpie-bench.ts';
import { MAGPIE_MODEL, passOnScreened, queryOfSeed } from '../support/magpie-world.ts';

const PRE_QUERY =
  '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n';

let bench: MagpieBench;
beforeEach(async () => {
  bench = await startMagpieBench();
});
afterEach(() => bench.close());

describe('drawing queries', () => {
  it('sends what the template writes, with stops by token id and no second special token', async () => {
    await bench.open();
    await bench.sample(0);
    const [first] = bench.bodiesTo('/v1/completions');
    expect(first).toMatchObject({
      prompt: PRE_QUERY,
      add_special_tokens: false,
      stop_token_ids: [1, 2],
      stop: ['\n'],
      n: 16,
      temperature: 1,
      max_tokens: 64,
    });
  });

  it('has the server end what loops where the config says so, and drops it with that reason', async () => {
    bench.writes = (prompt, seed) =>
      prompt.endsWith('<|im_start|>user\n') && seed % 16 === 0
        ? 'Tell me why, tell me why, tell me why, LOOP'
        : MAGPIE_MODEL.answer(prompt, seed, 'scripted');
    await bench.open({
      queries: {
        callsPerBatch: 2,
        samplesPerCall: 16,
        maxTokens: 64,
        repetitionDetection: { maxPatternTokens: 40, minCount: 4 },
      },
    });
    expect(await bench.sample(0)).toMatchObject({ queries: 32, cut: 2, looped: 2 });
    expect(bench.bodiesTo('/v1/completions')[0]).toMatchObject({
      repetition_detection: { max_pattern_size: 40, min_pattern_size: 1, min_count: 4 },
    });
    const rows = await bench.rowsOf('queries', 0);
    expect(rows.filter(({ dropped }) => dropped?.reason === 'loops')).toHaveLength(2);
    await bench.screen(0);
    await passOnScreened(bench.store, bench.run, 0);
    expect(await bench.answer(0)).toMatchObject({ replies: rows.length - 2 * 6 - 1, loopedReplies: 0 });
    expect(bench.bodiesTo('/v1/chat/completions')[0]).not.toHaveProperty('repetition_detection');
  });

  it('gives no two samples of a run one seed, and draws the same ones again without a call', async () => {
    await bench.open();
    for (const batch of [0, 1, 2]) await bench.sample(batch);
    const seeds = bench
      .bodiesTo('/v1/completions')
      .flatMap(({ seed, n }) => Array.from({ length: n }, (_, i) => seed + i));
    expect(new Set(seeds).size).toBe(3 * 32);
    const rows = await bench.rowsOf('queries', 1);
    expect(new Set(rows.map(({ rowId }) => rowId)).size).toBe(32);
    expect(rows.map(({ origin }) => origin.seed)).toEqual(seeds.slice(32, 64));
    expect(rows[0]?.messages).toEqual([{ role: 'user', content: queryOfSeed(seeds[32] ?? 0) }]);
    const calls = bench.server.requests.length;
    expect(await bench.sample(1)).toMatchObject({ calls: 2, queries: 32, empty: 2, cut: 2, failed: 0 });
    expect(bench.server.requests).toHaveLength(calls);
  });

  it('mixes temperatures and steering prompts by their shares', async () => {
    await writeFile(join(bench.folder, 'math.md'), 'You like mathematics.\n');
    await bench.open({
      queries: {
        callsPerBatch: 40,
        samplesPerCall: 1,
        maxTokens: 64,
        cells: [
          { temperature: 0.7, share: 3 },
          { temperature: 1.2, share: 1 },
        ],
      },
      steering: { math: { prompt: join(bench.folder, 'math.md'), weight: 1 }, plain: { prompt: null, weight: 1 } },
    });
    await bench.sample(0);
    const rows = await bench.rowsOf('queries', 0);
    const count = (matches: (origin: MagpieOrigin) => boolean) =>
      rows.filter(({ origin }) => matches(origin as MagpieOrigin)).length;
    expect(Math.abs(count(({ temperature }) => temperature === 0.7) - 30)).toBeLessThanOrEqual(2);
    expect(Math.abs(count(({ steeredBy }) => steeredBy === 'math') - 20)).toBeLessThanOrEqual(2);
    const steered = rows.find(({ origin }) => (origin as MagpieOrigin).steeredBy === 'math');
    expect(steered?.origin).toMatchObject({
      preQuery: '<|im_start|>system\nYou like mathematics.<|im_end|>\n<|im_start|>user\n',
    });
  });
});

describe('cells of the mix', () => {
  it('keep their min-p each, in the call, in the row and in later turns', async () => {
    await writeFile(join(bench.folder, 'turns.md'), 'A talk of several rounds.');
    await bench.open({
      queries: {
        callsPerBatch: 4,
        samplesPerCall: 2,
        maxTokens: 64,
        cells: [{ temperature: 0.7 }, { temperature: 0.7, minP: 0.1 }],
      },
      turns: { count: 2, systemPrompt: join(bench.folder, 'turns.md') },
    });
    await bench.sample(0);
    const drawn = new Map(bench.bodiesTo('/v1/completions').map(({ seed, min_p: minP }) => [seed, minP]));
    expect(new Set(drawn.values())).toEqual(new Set([0, 0.1]));
    const rows = await bench.rowsOf('queries', 0);
    expect(rows.map(({ origin }) => (origin as MagpieOrigin).minP ?? 0)).toEqual(
      rows.map(({ origin: { seed } }) => drawn.get(seed - (seed % 256))),
    );
    expect(new Set(rows.map(({ origin }) => describeDraw(origin)))).toEqual(
      new Set(['temperature 0.7, top-p 1', 'temperature 0.7, top-p 1, min-p 0.1']),
    );
    await bench.screen(0);
    await passOnScreened(bench.store, bench.run, 0);
    const asked = (await bench.rowsOf('compared', 0)).filter(({ dropped }) => dropped === undefined);
    await bench.answer(0);
    const later = bench.bodiesTo('/v1/completions').filter(({ n }) => n === 1);
    expect(later).toHaveLength(asked.length);
    expect(later.filter(({ min_p: minP }) => minP === 0.1)).toHaveLength(
      asked.filter(({ origin }) => (origin as MagpieOrigin).minP === 0.1).length,
    );
  });
});
