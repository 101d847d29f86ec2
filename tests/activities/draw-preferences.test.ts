// Locks the preference recipe: several temperatures, the best against the worst, no pair of equals, and nothing paid twice.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDrawPreferencesActivities } from '../../activities/synthesis/draw-preferences.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { readLoopCalls, synthesisCallPlaces } from '../../activities/runs/reports/loop-calls.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import type { PreferencePair } from '../../domain/preference-pair.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { makeAnswered } from '../support/make-quality-rows.ts';
import { writeDataset } from '../support/make-synthesis-rows.ts';
import type { RecordedRequest, ScriptedReply } from '../support/scripted-model-server.ts';
import { startSynthesisWorld, type QualityChanges, type SynthesisWorld } from '../support/synthesis-world.ts';

let world: SynthesisWorld;
let reply: (request: RecordedRequest) => ScriptedReply;

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly n?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

const choicesOf = (texts: readonly string[]): ScriptedReply => ({
  body: {
    choices: texts.map((content, index) => ({ index, message: { content }, finish_reason: 'stop' })),
    usage: { prompt_tokens: 5, completion_tokens: 2 * texts.length },
  },
});

/** Replies by temperature and index; the reward of a reply is the number in it. */
function respond({ path, body }: RecordedRequest): ScriptedReply {
  const { messages, n = 1, temperature = 0 } = body as Body;
  const last = messages.at(-1)?.content ?? '';
  if (path === '/score') return { body: { score: Number(/-?\d+/.exec(last)?.[0] ?? 0) / 1000 } };
  if (last.includes('same')) return choicesOf(Array.from({ length: n }, () => 'Always worth 7'));
  if (last.includes('equal'))
    return choicesOf(Array.from({ length: n }, (_, index) => `Words ${'x'.repeat(index)} 7`.replace(/ 7$/, '')));
  return choicesOf(Array.from({ length: n }, (_, index) => `Worth ${temperature * 100 + index}`));
}

beforeEach(async () => {
  reply = respond;
  world = await startSynthesisWorld((request) => reply(request));
  await world.write('kept', 0, [
    makeAnswered(0, 'A good query', 'A reply', { tags: { quality: 'good' } }),
    makeAnswered(1, 'The same each time', 'A reply', { tags: { quality: 'good' } }),
    makeAnswered(2, 'An equal query', 'A reply', { tags: { quality: 'good' } }),
    makeAnswered(3, 'A poor query', 'A reply', { tags: { quality: 'poor' } }),
    makeAnswered(4, 'Dropped', 'A reply', { dropped: { by: 'reply-loops', reason: 'loops' } }),
  ]);
});
afterEach(() => world.close());

function start(changes: QualityChanges) {
  const { drawPreferences, gatherPreferences } = withTranslatedErrors(
    createDrawPreferencesActivities(world.provide(changes)),
  );
  return {
    draw: () => inActivity(() => drawPreferences({ run: world.run, batch: 0 })),
    gather: () => inActivity(() => gatherPreferences({ run: world.run, batches: 1 })),
  };
}

const byReward = (): QualityChanges => ({
  tags: { ask: ['quality'] },
  rewards: { ...world.endpoint, model: 'rm', path: '/score' },
  preferences: {
    draws: [
      { temperature: 0.6, samples: 2 },
      { temperature: 1, samples: 3 },
    ],
    only: [{ kind: 'quality', atLeast: 'good' }],
  },
});

async function readPairs(name = 'test/preferences'): Promise<readonly PreferencePair[]> {
  const manifest = await world.store.find(name);
  return manifest === undefined ? [] : world.store.read<PreferencePair>(manifest);
}

describe('drawing preference pairs', () => {
  it('pairs the best of all temperatures with the worst, and counts who has none and why', async () => {
    const worker = start(byReward());
    expect(await worker.draw()).toMatchObject({
      queries: 3,
      passedOver: 1,
      replies: 15,
      failed: 0,
      unscored: 0,
      // Five texts of the first, one of the second, three of the third (two of two, three of three, shared).
      distinct: 9,
      pairs: 1,
      allEqual: 2,
      marginTooSmall: 0,
      tooFewScored: 0,
      // Six draws, and a score for each different reply; the scoring service does not say its tokens.
      calls: 15,
      silentCalls: 9,
      uncountedCalls: 9,
      promptTokens: 30,
      completionTokens: 30,
    });
    await writeDataset(world.store, 'test', [makeAnswered(0, 'A good query', 'A reply')]);
    expect(await worker.gather()).toEqual({ pairs: 1, outside: 0 });
    const [pair] = await readPairs();
    expect(pair).toEqual({
      promptId: 'row-000',
      prompt: [{ role: 'user', content: 'A good query' }],
      chosen: [{ role: 'assistant', content: 'Worth 102' }],
      rejected: [{ role: 'assistant', content: 'Worth 60' }],
      chosenSampleIndex: 4,
      rejectedSampleIndex: 0,
      rejectedTruncated: false,
      chosenReward: 0.102,
      rejectedReward: 0.06,
      margin: expect.closeTo(0.042) as number,
      largestItemGap: 0,
      policy: 'base:base',
    });
  });

  it('shows its calls in the table of calls, those included that scored the replies', async () => {
    await start(byReward()).draw();
    const services = { store: world.store, ledgers: createLocalLedgerStore({ root: world.run.storeRoot }) };
    const names = await world.store.list('test/');
    expect(await readLoopCalls(services, 'test', names, synthesisCallPlaces('test'))).toMatchObject([
      { stage: 'synthesis/preferences', answered: 15, promptTokens: null, completionTokens: 30 },
    ]);
  });

  it('gathers no pair of a row that the dataset was not made of, and counts it', async () => {
    await start(byReward()).draw();
    await writeDataset(world.store, 'test', [makeAnswered(1, 'The same each time', 'A reply')]);
    expect(await start(byReward()).gather()).toEqual({ pairs: 0, outside: 1 });
    expect(await readPairs()).toEqual([]);
    expect(await start(byReward()).gather()).toEqual({ pairs: 0, outside: 1 });
  });

  it('gives each reply a seed of its own', async () => {
    await start(byReward()).draw();
    const seeds = world.server.requests
      .filter(({ path }) => path === '/v1/chat/completions')
      .flatMap(({ body }) => {
        const { seed = 0, n = 1 } = body as Body;
        return Array.from({ length: n }, (_, index) => seed + index);
      });
    expect(new Set(seeds).size).toBe(15);
  });

  it('drops pairs below a margin', async () => {
    const changes = byReward();
    const wide = { ...changes, preferences: { ...changes.preferences, minMargin: 0.05 } };
    expect(await start(wide).draw()).toMatchObject({ pairs: 0, allEqual: 2, marginTooSmall: 1 });
    expect(await readPairs('test/synthesis/preferences/shard-000')).toEqual([]);
  });

  it('pays for the rest alone after a break in the middle, and for nothing twice', async () => {
    let answered = 0;
    reply = (request) => {
      answered += 1;
      return answered > 8 ? { status: 503, body: '' } : respond(request);
    };
    expect(await failureFrom(start(byReward()).draw())).toMatchObject({ type: 'model-server/unavailable' });
    expect(world.server.requests).toHaveLength(9);
    reply = respond;
    const counts = await start(byReward()).draw();
    const calls = world.server.requests.length;
    // Six draws, and nine conversations to score: equal replies to a query are one. The ninth call was lost.
    expect(calls).toBe(16);
    expect(await start(byReward()).draw()).toEqual(counts);
    expect(world.server.requests).toHaveLength(calls);
  });

  it('scores by a checklist of 0 to 100 where there is a judge, and leaves out what it cannot read', async () => {
    reply = (request) => {
      const { messages } = request.body as Body;
      const content = messages.at(-1)?.content ?? '';
      if (!content.includes('You rate how well')) return respond(request);
      if (content.includes('Worth 60')) return choicesOf(['I would rather not.']);
      return choicesOf([content.includes('Worth 101') ? '90' : content.includes('Worth 61') ? '20' : '50']);
    };
    const judged: QualityChanges = {
      preferences: {
        draws: [
          { temperature: 0.6, samples: 2 },
          { temperature: 1, samples: 3 },
        ],
        judge: { ...world.endpoint, model: 'judge', mode: 'score', scoreSamples: 1, attempts: 1 },
        checklist: ['Is it worth something?', 'Is it short?'],
      },
    };
    expect(await start(judged).draw()).toMatchObject({ queries: 4, unscored: 2, pairs: 2, allEqual: 2 });
    const [pair] = await readPairs('test/synthesis/preferences/shard-000');
    expect(pair).toMatchObject({
      chosen: [{ content: 'Worth 101' }],
      rejected: [{ content: 'Worth 61' }],
      chosenReward: 0.9,
      rejectedReward: 0.2,
      largestItemGap: expect.closeTo(0.7) as number,
    });
  });

  it('refuses to gather before every batch has its pairs', async () => {
    await writeDataset(world.store, 'test', [makeAnswered(0, 'A good query', 'A reply')]);
    expect(await failureFrom(start(byReward()).gather())).toMatchObject({ type: 'artifact/missing' });
  });
});
