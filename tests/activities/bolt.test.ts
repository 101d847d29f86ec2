// Locks BOLT's first stage: every format failure counted with its reason, judges that never see a thought, and a cut over
// scores that nothing can change once they are frozen.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCheckThoughtsActivities } from '../../activities/bolt/check-thoughts.ts';
import { createCurateActivities } from '../../activities/bolt/curate.ts';
import { createDrawThoughtsActivities } from '../../activities/bolt/draw-thoughts.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createJudgeActivities } from '../../activities/judging/judge.ts';
import { createLabelQueriesActivities } from '../../activities/bolt/label-queries.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createScoreSolutionsActivities } from '../../activities/bolt/score-solutions.ts';
import { createSelectThoughtsActivities } from '../../activities/bolt/select-thoughts.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { OutcomeScore } from '../../domain/bolt/outcome-score.ts';
import type { SftRow } from '../../domain/bolt/sft-row.ts';
import { promptSet, type RunRef, type ShardTask } from '../../domain/run.ts';
import { inActivity } from '../support/activity-bench.ts';
import { makeBoltConfig, makeQuery, respondWith } from '../support/bolt-world.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';

type Changes = Parameters<typeof makeBoltConfig>[3];

let folder: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let provider: ReturnType<typeof createRunServicesProvider>;
let run: RunRef;
/** What the model answers to a bootstrapping prompt about a topic. */
let respond: (topic: number, sampleIndex: number) => string;
/** What it answers to a judge's or a labeller's prompt. */
let reply: (prompt: string) => string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-bolt-'));
  reply = () => 'VERDICT: YES';
  server = await startScriptedModelServer({
    intercept: ({ path }) => (path === '/score' ? { body: { score: 0.5 } } : undefined),
    deterministic: {
      model: 'scripted',
      answer: (prompt, seed) => {
        if (!prompt.includes('=== EXAMPLE 1')) return reply(prompt);
        const topics = [...prompt.matchAll(/topic-(\d+)/g)];
        // Base seeds are multiples of 4096.
        return respond(Number(topics.at(-1)?.[1]), seed % 4096);
      },
    },
  });
  provider = createRunServicesProvider({});
  run = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
});
afterEach(async () => {
  await provider.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const store = () => createLocalArtifactStore({ root: run.storeRoot });

async function readRows<Row extends object>(name: string): Promise<readonly Row[]> {
  const manifest = await store().find(`test/bolt/${name}`);
  return manifest === undefined ? [] : store().read<Row>(manifest);
}

function activities() {
  return withTranslatedErrors({
    ...createOpenRunActivities(provider),
    ...createCurateActivities(provider),
    ...createLabelQueriesActivities(provider),
    ...createDrawThoughtsActivities(provider),
    ...createCheckThoughtsActivities(provider),
    ...createJudgeActivities(provider),
    ...createScoreSolutionsActivities(provider),
    ...createSelectThoughtsActivities(provider),
  });
}

/** The stage up to the barrier, in the order of the workflow. */
async function bootstrap(queries: readonly object[], changes: Changes = {}) {
  const acts = activities();
  const config = await makeBoltConfig(folder, server.baseUrl, queries, { stages: ['bootstrap'], ...changes });
  return inActivity(async () => {
    const opened = await acts.openRun({ run, config });
    const screened = await acts.screenCollected({ run, shards: promptSet(opened, 'collected').shards });
    for (let shard = 0; shard < screened.shards; shard += 1) await acts.labelQueries({ run, shard });
    const curated = await acts.settleCuration({ run, shards: screened.shards });
    const asked: number[] = [];
    for (let shard = 0; shard < curated.shards; shard += 1) {
      for (let attempt = 1; attempt <= config.bootstrap.attempts; attempt += 1) {
        const task: ShardTask = { run, stage: 'bootstrap', round: attempt, shard, policy: opened.basePolicy };
        const { queries: open } = await acts.drawThoughts(task);
        asked.push(open);
        if (open === 0) break;
        await acts.checkThoughts(task);
        const solutions: ShardTask = { ...task, stage: 'solutions' };
        if (config.bootstrap.scorer === 'checklist') await acts.judge(solutions);
        await acts.scoreSolutions(solutions);
      }
    }
    return { acts, curated, asked };
  });
}

/** One valid response with a comma, one without, and two without a valid layout. */
function mixed(topic: number, sampleIndex: number): string {
  const plain = respondWith(`talk of ${topic}`);
  return [plain, respondWith(`well, talk of ${topic}`), 'I would rather talk at once.', '<think>\nI think.'][
    sampleIndex % 4
  ] as string;
}

const twoShards = [0, 1, 2].map((index) => makeQuery(index));

describe('bootstrapping', () => {
  it('counts every sample with its reason, and keeps the best response of each query', async () => {
    respond = mixed;
    const { acts, curated, asked } = await bootstrap(twoShards);
    // Shards of 2 queries: 2 and 1 asked, and no query open for a second draw.
    expect(asked).toEqual([2, 0, 1, 0]);
    await inActivity(() => acts.freezeScores({ run, shards: curated.shards }));
    const { rows, all } = await inActivity(() => acts.selectThoughts({ run, shards: curated.shards }));
    expect(rows).toBe(3);
    // Scores 1, 0, 1, 0, 1, 0: 0.3 of 5 steps lies between the second and the third 0, so nothing is below 0.
    expect(all).toMatchObject({ queries: 3, keptQueries: 3, samples: 12, valid: 6 });
    expect(Object.entries(all.fates).filter(([, count]) => count > 0)).toEqual([
      ['no_open', 3],
      ['no_close', 3],
      ['not-best', 3],
      ['selected', 3],
    ]);
    const [first] = await readRows<SftRow>('sft-rows');
    expect(first).toMatchObject({
      promptId: 'q-0',
      topic: 'logic',
      sampleIndex: 0,
      score: 1,
      completion: [{ role: 'assistant', content: respondWith('talk of 0') }],
    });
    // Neither the instructions nor the examples of the bootstrapping are trained on.
    expect(JSON.stringify(first?.prompt)).not.toContain('EXAMPLE');
  });

  it('draws again, with other samples, for a query without a valid response only', async () => {
    respond = (topic, sampleIndex) =>
      topic === 1 && sampleIndex < 4 ? 'No.' : respondWith(`talk of ${topic} in ${sampleIndex}`);
    const { acts, curated, asked } = await bootstrap(twoShards);
    expect(asked).toEqual([2, 1, 1, 0]);
    await inActivity(() => acts.freezeScores({ run, shards: curated.shards }));
    const { all } = await inActivity(() => acts.selectThoughts({ run, shards: curated.shards }));
    expect(all).toMatchObject({ samples: 16, valid: 12, keptQueries: 3 });
    const rows = await readRows<SftRow>('sft-rows');
    expect(rows.find(({ promptId }) => promptId === 'q-1')?.sampleIndex).toBeGreaterThanOrEqual(4);
  });

  it('ends with no row, and no error, when nothing is valid', async () => {
    respond = () => 'No.';
    const { acts, curated } = await bootstrap(twoShards);
    await inActivity(() => acts.freezeScores({ run, shards: curated.shards }));
    const { rows, all } = await inActivity(() => acts.selectThoughts({ run, shards: curated.shards }));
    expect([rows, all.valid, all.samples, all.fates.no_open]).toEqual([0, 0, 24, 24]);
    expect(await readRows('cut')).toEqual([]);
  });

  it('shows judges the solution and never a thought', async () => {
    respond = mixed;
    const judged = twoShards.map((query) => ({ ...query, checklist: [{ question: 'Is it talk?' }] }));
    await bootstrap(judged, { judge: { baseUrl: server.baseUrl, model: 'scripted' } });
    const asked = server.requests.filter(({ body }) => JSON.stringify(body ?? '').includes('Is it talk?'));
    expect(asked).toHaveLength(6);
    expect(JSON.stringify(asked)).toContain('well, talk of 1');
    expect(JSON.stringify(asked)).not.toContain('I plan the talk');
  });

  it('asks a reward model about the solution alone, and stamps the scores with its name', async () => {
    respond = mixed;
    await bootstrap(twoShards, {
      bootstrap: {
        ...(await makeBoltConfig(folder, server.baseUrl, twoShards)).bootstrap,
        scorer: { baseUrl: server.baseUrl, model: 'reward', path: '/score' },
      },
    });
    const asked = server.requests.filter(({ path }) => path === '/score');
    expect(asked).toHaveLength(6);
    expect(JSON.stringify(asked)).not.toContain('I plan the talk');
    const [score] = await readRows<OutcomeScore>('attempt-001/solutions/outcome-scores/shard-000');
    expect(score).toMatchObject({ score: 0.5, stamp: { scorer: 'reward', revision: 'reward' } });
  });
});

describe('the barrier', () => {
  it('keeps cut and rows as they are when a late attempt leaves more scores', async () => {
    respond = mixed;
    const { acts, curated } = await bootstrap(twoShards);
    const frozen = await inActivity(() => acts.freezeScores({ run, shards: curated.shards }));
    const late = { promptId: 'q-0', sampleIndex: 7, score: 99, lengthTokens: 1, stamp: { scorer: 'x', revision: 'y' } };
    await store().write({
      name: 'test/bolt/attempt-002/solutions/outcome-scores/shard-000',
      schema: 'outcome-score',
      step: 'late',
      parents: [],
      configHash: run.configHash,
      policy: null,
      shards: [[late]],
      summary: {},
    });
    expect(await inActivity(() => acts.freezeScores({ run, shards: curated.shards }))).toBe(frozen);
    const first = await inActivity(() => acts.selectThoughts({ run, shards: curated.shards }));
    expect(await inActivity(() => acts.selectThoughts({ run, shards: curated.shards }))).toEqual(first);
    expect(await readRows('cut')).toMatchObject([{ setHash: frozen, scores: 6 }]);
  });
});

describe('the curation', () => {
  it('counts queries whose label could not be read apart from those that are easy', async () => {
    const criteria = ['specificity', 'domain-knowledge', 'complexity', 'problem-solving', 'creativity'];
    const yes = ['technical-accuracy: 1', 'real-world: 1'];
    respond = mixed;
    reply = (prompt) => {
      if (prompt.includes('file requests under topics')) return 'TOPIC: logic';
      if (prompt.includes('topic-0')) return 'I cannot say.';
      const digit = prompt.includes('topic-1') ? 0 : 1;
      return [...criteria.map((name) => `${name}: ${digit}`), ...yes].join('\n');
    };
    const queries = [
      ...twoShards,
      {
        ...makeQuery(9),
        promptId: 'twin',
        messages: twoShards.flatMap((query) => (query as { messages: object[] }).messages).slice(0, 1),
      },
    ];
    const { curated } = await bootstrap(queries, {
      curation: { queries: [join(folder, 'queries.jsonl')], labeller: { by: 'self', attempts: 2 }, minDifficulty: 5 },
    });
    expect(curated.rows).toBe(1);
    const dropped = [...(await readRows('screening')), ...(await readRows('curation'))];
    expect(dropped).toEqual([
      { promptId: 'twin', reason: 'duplicate', detail: 'of q-0' },
      { promptId: 'q-1', reason: 'too-easy', detail: '2 of 7, min 5' },
      { promptId: 'q-0', reason: 'difficulty-unread', detail: 'malformed: specificity is missing' },
    ]);
  });

  it('refuses an item that nobody can decide before a call is paid for', async () => {
    const open = makeQuery(0, { checklist: [{ question: 'Is it talk?' }] });
    await expect(bootstrap([open])).rejects.toThrow('Query "q-0" has an item without a verifier');
    expect(server.requests.filter(({ path }) => path === '/v1/chat/completions')).toEqual([]);
  });
});
