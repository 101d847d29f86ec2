// Locks what Magpie sends and keeps: the template's own beginning without a second special token, stops by id, seeds that no
// two samples share, screens before anything is paid for, later turns that the model writes as a user.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAnswerQueriesActivities } from '../../activities/magpie/answer-queries.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createSampleQueriesActivities } from '../../activities/magpie/sample-queries.ts';
import { createScreenQueriesActivities } from '../../activities/magpie/screen-queries.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { synthesisShardName, type SynthesisStage } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import { describeDraw } from '../../domain/synthesis/describe-draw.ts';
import type { MagpieOrigin, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import {
  MAGPIE_MODEL,
  makeMagpieConfig,
  passOnScreened,
  queryOfSeed,
  tokenizeByTemplate,
  writeCheckpoint,
} from '../support/magpie-world.ts';
import { makeSynthesisRow } from '../support/make-synthesis-rows.ts';
import {
  startScriptedModelServer,
  type RecordedRequest,
  type ScriptedReply,
} from '../support/scripted-model-server.ts';

interface SentBody {
  readonly prompt: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed: number;
  readonly n: number;
  readonly temperature: number;
  readonly min_p: number;
}

const PRE_QUERY =
  '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\n';

let folder: string;
let modelPath: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let provider: ReturnType<typeof createRunServicesProvider>;
let run: RunRef;
let writes: (prompt: string, seed: number) => string;
let intercept: (request: RecordedRequest) => ScriptedReply | undefined;

beforeEach(async () => {
  writes = (prompt, seed) => MAGPIE_MODEL.answer(prompt, seed, 'scripted');
  intercept = await tokenizeByTemplate();
  folder = await mkdtemp(join(tmpdir(), 'tickloop-magpie-'));
  modelPath = await writeCheckpoint(folder);
  server = await startScriptedModelServer({
    intercept: (request) => intercept(request),
    deterministic: { ...MAGPIE_MODEL, answer: (prompt, seed) => writes(prompt, seed) },
  });
  provider = createRunServicesProvider({});
  run = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
});
afterEach(async () => {
  await provider.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const activities = () =>
  withTranslatedErrors({
    ...createOpenRunActivities(provider),
    ...createSampleQueriesActivities(provider),
    ...createScreenQueriesActivities(provider),
    ...createAnswerQueriesActivities(provider),
  });
const open = (changes: Parameters<typeof makeMagpieConfig>[2] = {}) =>
  inActivity(() => activities().openRun({ run, config: makeMagpieConfig(server.baseUrl, modelPath, changes) }));
const sample = (batch: number) => inActivity(() => activities().sampleQueries({ run, batch }));
const screen = (batch: number) => inActivity(() => activities().screenQueries({ run, batch }));
const answer = (batch: number) => inActivity(() => activities().answerQueries({ run, batch }));
const bodiesTo = (path: string) =>
  server.requests.filter((request) => request.path === path).map(({ body }) => body as SentBody);

const store = () => createLocalArtifactStore({ root: run.storeRoot });
async function rowsOf(stage: SynthesisStage, batch: number): Promise<readonly SynthesisRow[]> {
  const manifest = await store().find(synthesisShardName('test', stage, batch));
  return manifest === undefined ? [] : store().read<SynthesisRow>(manifest);
}

const compareNothing = (batch: number) => passOnScreened(store(), run, batch);

describe('opening a run of Magpie', () => {
  it('refuses a template that is not the one the server uses, with the first token that differs', async () => {
    await writeFile(
      join(modelPath, 'chat_template.jinja'),
      '{% for m in messages %}<|im_start|>{{ m.content }}{% endfor %}',
    );
    const failure = await failureFrom(open());
    expect(failure.type).toBe('config/unusable');
    expect(failure.message).toMatch(/is not the one that http.* uses: .* token 2 is \d+ at the server and \d+ here/);
    expect(bodiesTo('/v1/completions')).toEqual([]);
  });

  it('refuses to steer where the template has no system role', async () => {
    await writeFile(
      join(modelPath, 'chat_template.jinja'),
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ m.content }}{% endfor %}",
    );
    await writeFile(join(folder, 'math.md'), 'You like mathematics.');
    const failure = await failureFrom(open({ steering: { math: { prompt: join(folder, 'math.md') } } }));
    expect(failure.message).toContain('refuses a system message (System role not supported)');
  });

  it('asks every other model whether it is served, before a call is paid for', async () => {
    const other = { baseUrl: server.baseUrl, model: 'missing' };
    const fields = {
      'replies.by': { replies: { by: other, maxTokens: 64 } },
      'quality.tags.by': { quality: { tags: { ask: ['quality' as const], by: other } } },
      'quality.tags.guard': { quality: { tags: { guard: other } } },
      'quality.neighbours.by': { quality: { neighbours: { by: other } } },
      'quality.rewards': { quality: { rewards: other } },
      'quality.rewards.base': { quality: { rewards: { ...other, model: 'scripted', base: other } } },
      'quality.preferences.by': { quality: { rewards: { ...other, model: 'scripted' }, preferences: { by: other } } },
      'quality.preferences.judge': { quality: { preferences: { judge: other } } },
    };
    for (const [field, changes] of Object.entries(fields)) {
      const failure = await failureFrom(open(changes));
      expect(failure.type, field).toBe('model-server/unknown-model');
      expect(failure.message).toContain(`does not serve ${field}.model "missing"; it serves "scripted"`);
    }
    const gone = await failureFrom(open({ quality: { rewards: { baseUrl: 'http://127.0.0.1:1', model: 'rm' } } }));
    expect(gone.type).toBe('model-server/unavailable');
  });

  it('refuses queries and replies that do not fit into the context', async () => {
    const failure = await failureFrom(open({ replies: { maxTokens: 2048 } }));
    expect(failure.type).toBe('model-server/context-too-small');
    expect(failure.message).toContain('a query of 64 and a reply of 2048 that is more');
  });

  it('refuses turns that do not fit into the context together, though each does', async () => {
    await writeFile(join(folder, 'turns.md'), 'A talk of several rounds.');
    const turns = { count: 2, systemPrompt: join(folder, 'turns.md') };
    const failure = await failureFrom(open({ replies: { maxTokens: 1000 }, turns }));
    expect(failure.type).toBe('model-server/context-too-small');
    expect(failure.message).toContain('a query of 64 and a reply of 1000 in each of 2 turns');
  });
});

describe('drawing queries', () => {
  it('sends what the template writes, with stops by token id and no second special token', async () => {
    await open();
    await sample(0);
    const [first] = bodiesTo('/v1/completions');
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
    writes = (prompt, seed) =>
      prompt.endsWith('<|im_start|>user\n') && seed % 16 === 0
        ? 'Tell me why, tell me why, tell me why, LOOP'
        : MAGPIE_MODEL.answer(prompt, seed, 'scripted');
    await open({
      queries: {
        callsPerBatch: 2,
        samplesPerCall: 16,
        maxTokens: 64,
        repetitionDetection: { maxPatternTokens: 40, minCount: 4 },
      },
    });
    expect(await sample(0)).toMatchObject({ queries: 32, cut: 2, looped: 2 });
    expect(bodiesTo('/v1/completions')[0]).toMatchObject({
      repetition_detection: { max_pattern_size: 40, min_pattern_size: 1, min_count: 4 },
    });
    const rows = await rowsOf('queries', 0);
    expect(rows.filter(({ dropped }) => dropped?.reason === 'loops')).toHaveLength(2);
    await screen(0);
    await compareNothing(0);
    expect(await answer(0)).toMatchObject({ replies: rows.length - 2 * 6 - 1, loopedReplies: 0 });
    expect(bodiesTo('/v1/chat/completions')[0]).not.toHaveProperty('repetition_detection');
  });

  it('gives no two samples of a run one seed, and draws the same ones again without a call', async () => {
    await open();
    for (const batch of [0, 1, 2]) await sample(batch);
    const seeds = bodiesTo('/v1/completions').flatMap(({ seed, n }) => Array.from({ length: n }, (_, i) => seed + i));
    expect(new Set(seeds).size).toBe(3 * 32);
    const rows = await rowsOf('queries', 1);
    expect(new Set(rows.map(({ rowId }) => rowId)).size).toBe(32);
    expect(rows.map(({ origin }) => origin.seed)).toEqual(seeds.slice(32, 64));
    expect(rows[0]?.messages).toEqual([{ role: 'user', content: queryOfSeed(seeds[32] ?? 0) }]);
    const calls = server.requests.length;
    expect(await sample(1)).toMatchObject({ calls: 2, queries: 32, empty: 2, cut: 2, failed: 0 });
    expect(server.requests).toHaveLength(calls);
  });

  it('mixes temperatures and steering prompts by their shares', async () => {
    await writeFile(join(folder, 'math.md'), 'You like mathematics.\n');
    await open({
      queries: {
        callsPerBatch: 40,
        samplesPerCall: 1,
        maxTokens: 64,
        cells: [
          { temperature: 0.7, share: 3 },
          { temperature: 1.2, share: 1 },
        ],
      },
      steering: { math: { prompt: join(folder, 'math.md'), weight: 1 }, plain: { prompt: null, weight: 1 } },
    });
    await sample(0);
    const rows = await rowsOf('queries', 0);
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
    await writeFile(join(folder, 'turns.md'), 'A talk of several rounds.');
    await open({
      queries: {
        callsPerBatch: 4,
        samplesPerCall: 2,
        maxTokens: 64,
        cells: [{ temperature: 0.7 }, { temperature: 0.7, minP: 0.1 }],
      },
      turns: { count: 2, systemPrompt: join(folder, 'turns.md') },
    });
    await sample(0);
    const drawn = new Map(bodiesTo('/v1/completions').map(({ seed, min_p: minP }) => [seed, minP]));
    expect(new Set(drawn.values())).toEqual(new Set([0, 0.1]));
    const rows = await rowsOf('queries', 0);
    expect(rows.map(({ origin }) => (origin as MagpieOrigin).minP ?? 0)).toEqual(
      rows.map(({ origin: { seed } }) => drawn.get(seed - (seed % 256))),
    );
    expect(new Set(rows.map(({ origin }) => describeDraw(origin)))).toEqual(
      new Set(['temperature 0.7, top-p 1', 'temperature 0.7, top-p 1, min-p 0.1']),
    );
    await screen(0);
    await compareNothing(0);
    const asked = (await rowsOf('compared', 0)).filter(({ dropped }) => dropped === undefined);
    await answer(0);
    const later = bodiesTo('/v1/completions').filter(({ n }) => n === 1);
    expect(later).toHaveLength(asked.length);
    expect(later.filter(({ min_p: minP }) => minP === 0.1)).toHaveLength(
      asked.filter(({ origin }) => (origin as MagpieOrigin).minP === 0.1).length,
    );
  });
});

describe('screening queries', () => {
  it('drops each bad query under its reason, and a copy of an earlier batch too', async () => {
    await open();
    for (const batch of [0, 1]) await sample(batch);
    await screen(0);
    await screen(1);
    const reasons = async (batch: number) => {
      const counts: Record<string, number> = {};
      for (const { dropped } of await rowsOf('screened', batch)) {
        const name = dropped === undefined ? 'left' : `${dropped.by}: ${dropped.reason}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
      return counts;
    };
    const bad = {
      'queries: length': 2,
      'screening: empty': 2,
      'screening: dangling': 2,
      'screening: absent-content': 2,
      'screening: role-confusion': 2,
    };
    expect(await reasons(0)).toEqual({ ...bad, 'screening: duplicate': 1, left: 21 });
    expect(await reasons(1)).toEqual({ ...bad, 'screening: duplicate': 2, left: 20 });
  });

  it('finds the same copies on a worker that has seen nothing yet', async () => {
    await open();
    for (const batch of [0, 1]) await sample(batch);
    await screen(0);
    await provider.close();
    provider = createRunServicesProvider({});
    await screen(1);
    const rows = await rowsOf('screened', 1);
    expect(rows.filter(({ dropped }) => dropped?.reason === 'duplicate')).toHaveLength(2);
  });

  it('knows all earlier batches when two attempts at one are at work at once', async () => {
    await open();
    const asked = ['What is a river?', 'What is a lake?', 'What is a lake?', 'What is a pond?', 'What is a pond?'];
    for (const [batch, content] of asked.entries()) {
      await store().write({
        name: synthesisShardName('test', 'queries', batch),
        schema: 'synthesis-row',
        step: 'sample-queries',
        parents: [],
        configHash: run.configHash,
        policy: null,
        shards: [[makeSynthesisRow(batch, { messages: [{ role: 'user', content }] })]],
        summary: {},
      });
    }
    const worker = activities();
    const screenOn = (batch: number) => inActivity(() => worker.screenQueries({ run, batch }));
    await Promise.all([screenOn(2), screenOn(2)]);
    await Promise.all([screenOn(4), screenOn(4)]);
    expect((await rowsOf('screened', 2))[0]?.dropped?.reason).toBe('duplicate');
    expect((await rowsOf('screened', 4))[0]?.dropped?.reason).toBe('duplicate');
  });

  it('cuts at the line of a role, and keeps what was drawn beside it', async () => {
    writes = (_prompt, seed) => `What is word${seed} good for?\nassistant\nIt is good.`;
    await open();
    await sample(0);
    await screen(0);
    const [row] = await rowsOf('screened', 0);
    expect(row?.messages[0]?.content).toMatch(/^What is word\d+ good for\?$/);
    expect(row?.origin).toMatchObject({ rawQuery: expect.stringContaining('\nassistant\nIt is good.') as unknown });
  });
});

describe('answering queries', () => {
  it('pays for no reply to a dropped query, and leaves the steering prompt out', async () => {
    await writeFile(join(folder, 'math.md'), 'You like mathematics.');
    await open({ steering: { math: { prompt: join(folder, 'math.md') } } });
    await sample(0);
    await screen(0);
    await compareNothing(0);
    expect(await answer(0)).toMatchObject({ calls: 21, answered: 21, replies: 21, cutReplies: 0 });
    const asked = bodiesTo('/v1/chat/completions');
    expect(asked).toHaveLength(21);
    expect(asked.every(({ messages }) => messages.length === 1 && messages[0]?.role === 'user')).toBe(true);
    const rows = await rowsOf('answered', 0);
    const whole = rows.filter(({ dropped }) => dropped === undefined);
    expect(whole[0]).toMatchObject({ replyFinish: 'stop', origin: { replyModel: 'scripted', steeredBy: 'math' } });
    expect(whole[0]?.messages[1]?.content).toMatch(/^It means reply/);
    expect(rows).toHaveLength(32);
  });

  it('shows the steering prompt to the reply where the config says so', async () => {
    await writeFile(join(folder, 'math.md'), 'You like mathematics.');
    await open({
      steering: { math: { prompt: join(folder, 'math.md') } },
      replies: { maxTokens: 64, withSteering: true },
    });
    await sample(0);
    await screen(0);
    await compareNothing(0);
    await answer(0);
    expect(bodiesTo('/v1/chat/completions')[0]?.messages[0]).toEqual({
      role: 'system',
      content: 'You like mathematics.',
    });
  });

  it('goes on for a second turn: the user under the multi-turn prompt, the reply without it', async () => {
    await writeFile(join(folder, 'turns.md'), 'A talk of several rounds.');
    await open({ turns: { count: 2, systemPrompt: join(folder, 'turns.md') } });
    await sample(0);
    await screen(0);
    await compareNothing(0);
    await answer(0);
    const later = bodiesTo('/v1/completions').filter(({ n }) => n === 1);
    expect(later).toHaveLength(21);
    expect(later[0]?.prompt).toMatch(
      /^<\|im_start\|>system\nA talk of several rounds\.<\|im_end\|>\n<\|im_start\|>user\n.*<\|im_end\|>\n<\|im_start\|>assistant\nIt means reply.*<\|im_end\|>\n<\|im_start\|>user\n$/s,
    );
    const rows = await rowsOf('answered', 0);
    const whole = rows.filter(({ dropped }) => dropped === undefined);
    expect(whole.length).toBeGreaterThan(0);
    expect(
      whole.every(({ messages }) => messages.map(({ role }) => role).join() === 'user,assistant,user,assistant'),
    ).toBe(true);
    const ended = rows.filter(({ dropped }) => dropped?.by === 'turn-2');
    expect(ended.length + whole.length).toBe(21);
    const asked = bodiesTo('/v1/chat/completions');
    expect(asked.every(({ messages }) => messages.every(({ role }) => role !== 'system'))).toBe(true);
    expect(asked.filter(({ messages }) => messages.length === 3)).toHaveLength(whole.length);
  });

  it('drops a conversation whose second query is the first but for a comma', async () => {
    await writeFile(join(folder, 'turns.md'), 'A talk of several rounds.');
    writes = (prompt, seed) => {
      const first = /(word\d+) good for all of us here/.exec(prompt);
      if (!prompt.endsWith('<|im_start|>user\n')) return 'It is good.';
      return first === null
        ? `What is word${seed} good for all of us here?`
        : `What is ${first[1]}, good for all of us here?`;
    };
    await open({ turns: { count: 2, systemPrompt: join(folder, 'turns.md') } });
    await sample(0);
    await screen(0);
    await compareNothing(0);
    expect(await answer(0)).toMatchObject({ answered: 0, replies: 32 });
    const rows = await rowsOf('answered', 0);
    expect(rows.every(({ dropped }) => dropped?.by === 'turn-2' && dropped.reason === 'repeats')).toBe(true);
  });

  it('drops what the server refuses under the code of the refusal, in a first turn and in a later one', async () => {
    await writeFile(join(folder, 'turns.md'), 'A talk of several rounds.');
    const tokenize = intercept;
    const refusal = { status: 400, body: { error: { message: 'maximum context length is 2048 tokens' } } };
    intercept = (request) => {
      const { path, body } = request;
      const isEven = path === '/v1/chat/completions' && /word\d*[02468]a/.test(JSON.stringify(body));
      const isLater = path === '/v1/completions' && (body as SentBody).prompt.includes('A talk of several rounds.');
      return isEven || isLater ? refusal : tokenize(request);
    };
    await open({ turns: { count: 2, systemPrompt: join(folder, 'turns.md') } });
    await sample(0);
    await screen(0);
    await compareNothing(0);
    expect(await answer(0)).toMatchObject({ answered: 0 });
    const drops = (await rowsOf('answered', 0)).flatMap(({ dropped }) =>
      dropped?.by === 'reply' || dropped?.by === 'turn-2' ? [`${dropped.by} ${dropped.reason}`] : [],
    );
    expect(drops).toHaveLength(21);
    expect(new Set(drops)).toEqual(
      new Set(['reply model-server/prompt-too-long', 'turn-2 model-server/prompt-too-long']),
    );
  });

  it('drops a row whose reply the server ended because it loops, and keeps that reply to be looked at', async () => {
    writes = (prompt, seed) => {
      if (prompt.endsWith('<|im_start|>user\n')) return `What is word${seed} good for?`;
      return /word\d*[02468] /.test(prompt) ? 'It is what it is what it is LOOP' : 'It is good.';
    };
    await open({ replies: { maxTokens: 64, repetitionDetection: { maxPatternTokens: 40, minCount: 4 } } });
    await sample(0);
    await screen(0);
    await compareNothing(0);
    expect(await answer(0)).toMatchObject({ answered: 16, replies: 32, cutReplies: 0, loopedReplies: 16 });
    expect(bodiesTo('/v1/chat/completions')[0]).toMatchObject({
      repetition_detection: { max_pattern_size: 40, min_pattern_size: 1, min_count: 4 },
    });
    const dropped = (await rowsOf('answered', 0)).filter((row) => row.dropped !== undefined);
    expect(dropped).toHaveLength(16);
    expect(dropped[0]).toMatchObject({
      dropped: { by: 'reply', reason: 'loops' },
      replyFinish: 'repetition',
      messages: [{ role: 'user' }, { role: 'assistant', content: 'It is what it is what it is LOOP' }],
    });
  });

  it('counts replies that were cut, and drops a row whose reply is empty or refused', async () => {
    writes = (prompt, seed) => {
      if (prompt.endsWith('<|im_start|>user\n')) return `What is word${seed} good for?`;
      if (/word\d*[02468] /.test(prompt)) return 'It goes on CUT';
      return ' ';
    };
    await open();
    await sample(0);
    await screen(0);
    await compareNothing(0);
    expect(await answer(0)).toMatchObject({ answered: 16, replies: 32, cutReplies: 16 });
    const rows = await rowsOf('answered', 0);
    expect(rows.filter(({ dropped }) => dropped?.reason === 'empty')).toHaveLength(16);
    expect(rows.filter(({ replyFinish }) => replyFinish === 'length')).toHaveLength(16);
  });
});
