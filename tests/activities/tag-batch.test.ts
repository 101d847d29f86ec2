// Locks what tagging a batch of a synthesis promises: twice is once, a break in the middle pays for the rest alone, and
// nothing that could not be read is ever good or bad.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureFrom } from '../support/activity-bench.ts';
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

const say = (content: string): ScriptedReply => ({
  body: {
    choices: [{ index: 0, message: { content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 4 },
  },
});
const promptOf = ({ body }: RecordedRequest) => JSON.stringify((body as { messages?: unknown }).messages ?? body);

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
