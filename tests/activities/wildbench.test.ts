// Locks that a comparison asks each judge for what it should, maps choices back through the recorded seats, keeps missing and
// unreadable apart, and tests what another run has trained.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createGenerateWildbenchActivities } from '../../activities/wildbench/generate-wildbench.ts';
import { createJudgeWildbenchActivities } from '../../activities/wildbench/judge-wildbench.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { createReportActivities } from '../../activities/runs/report.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { wildbenchConfig } from '../../configs/schema/wildbench.ts';
import type { WildbenchReport } from '../../domain/report/wildbench/wildbench-report.ts';
import type { RunRef } from '../../domain/run.ts';
import type { AnswerPair, AnswerScore } from '../../domain/wildbench/judgments.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { makeRunConfig } from '../support/make-run-config.ts';
import { startScriptedModelServer, type ScriptedModelServer } from '../support/scripted-model-server.ts';
import { judgeTruly, topicOf, writeTasks } from '../support/wildbench-world.ts';

const ADAPTER = 'quick-v2-abcdef01';
const TASKS = 4;

let folder: string;
let server: ScriptedModelServer;
let provider: ReturnType<typeof createRunServicesProvider>;
let run: RunRef;
/** Answers of the judge that are not the truth, by a word of the prompt. */
let judgeSays: (prompt: string) => string | undefined;
/** Answers of the models, by model and topic. */
let answers: (model: string, topic: string) => string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-wildbench-'));
  judgeSays = judgeTruly;
  answers = (model) => (model === ADAPTER ? 'a good answer' : 'a poor answer</s>');
  server = await startScriptedModelServer({
    deterministic: {
      model: 'base',
      answer: (prompt, _seed, model) => judgeSays(prompt) ?? answers(model, topicOf(prompt)),
      scoreToken: (model, _prefix, token) => (model === 'base' ? -1 : -2) - (token % 3) / 100,
    },
  });
  provider = createRunServicesProvider({});
  run = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  await writeTasks(join(folder, 'tasks.jsonl'), TASKS);
});
afterEach(async () => {
  await provider.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const activities = () =>
  withTranslatedErrors({
    ...createOpenRunActivities(provider),
    ...createGenerateWildbenchActivities(provider),
    ...createJudgeWildbenchActivities(provider),
    ...createReportActivities(provider),
  });
const store = () => createLocalArtifactStore({ root: run.storeRoot });
const chatCalls = () => server.requests.filter(({ path }) => path === '/v1/chat/completions');

async function open(changes: object = {}, judge: object = {}) {
  const config = wildbenchConfig.parse({
    loop: 'wildbench',
    data: { tasks: join(folder, 'tasks.jsonl') },
    policy: { baseUrl: server.baseUrl, model: 'base', callsInFlight: 1 },
    policies: { base: {} },
    judges: { wise: { baseUrl: server.baseUrl, model: 'base', callsInFlight: 1, ...judge } },
    sampling: { maxTokens: 64 },
    store: { minFreeMb: 0 },
    ...changes,
  });
  return inActivity(() => activities().openRun({ run, config }));
}
const at = (policyName: string) => ({ run, policyName, shard: 0 });
const generate = (name: string) => inActivity(() => activities().generateWildbench(at(name)));
const score = (name: string) => inActivity(() => activities().judgeWildbenchScores(at(name)));
const pair = (name: string) => inActivity(() => activities().judgeWildbenchPairs(at(name)));
const rowsOf = async <Row extends object>(name: string) =>
  (await readArtifact<Row>(store(), `test/${name}/shard-000`)).rows;

/** Stored answers of a baseline that is fair on every task. */
async function writeBaseline(answer = 'a fair answer'): Promise<string> {
  const path = join(folder, 'baseline.jsonl');
  const rows = Array.from({ length: TASKS }, (_, index) => ({ session_id: `t-${index}`, output: [answer] }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

/** A run that has published an adapter in its second round. */
async function publishAdapter(adapterPath = folder): Promise<void> {
  const config = makeRunConfig({ policy: { baseUrl: server.baseUrl, model: 'base', modelPath: folder } });
  const lineage = { step: 'test', parents: [], configHash: '1'.repeat(64), policy: null, summary: {} } as const;
  const write = (name: string, row: object) =>
    store().write({ ...lineage, name: `quick/${name}`, schema: 'test', shards: [[row]] });
  await write(`config/${'1'.repeat(16)}`, { config });
  const tokenIds = Array.from({ length: 20 }, (_, index) => index);
  const logprobs = (base: number) => tokenIds.slice(1).map((token) => base - (token % 3) / 100);
  await write('round-002/training', {
    probes: [{ tokenIds, baseLogprobs: logprobs(-1), adapterLogprobs: logprobs(-2) }],
  });
  await write('round-001/policy', { round: 1, servedModel: 'old', adapterHash: 'b'.repeat(64), adapterPath: folder });
  await write('round-002/policy', { round: 2, servedModel: ADAPTER, adapterHash: 'a'.repeat(64), adapterPath });
}

describe('generateWildbench', () => {
  it('lets a policy answer with the recorded history, greedily, once', async () => {
    await open();
    expect(await generate('base')).toMatchObject({ calls: TASKS, rollouts: TASKS, failed: 0, truncated: 0 });
    expect(chatCalls()[0]?.body).toMatchObject({
      model: 'base',
      temperature: 0,
      n: 1,
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hello, what can I do for you?' },
        { role: 'user', content: 'Talk about topic-0.' },
      ],
    });
    await generate('base');
    expect(chatCalls()).toHaveLength(TASKS);
  });

  it('loads what another run has trained from where the store has it since it was moved', async () => {
    const below = 'folders/quick/adapters/round-2';
    await publishAdapter(join('/before/store', below));
    await open({ policies: { base: {}, trained: { fromRun: 'quick' } } });
    await mkdir(join(run.storeRoot, below), { recursive: true });
    await generate('trained');
    expect(server.adapters.get(ADAPTER)).toBe(join(run.storeRoot, below));
  });

  it('loads and probes what another run has trained last, and keeps to it when that run goes on', async () => {
    await publishAdapter();
    await open({ policies: { base: {}, trained: { fromRun: 'quick' } } });
    await generate('trained');
    expect(server.adapters.get(ADAPTER)).toBe(folder);
    expect(chatCalls().map(({ body }) => (body as { model: string }).model)).toEqual(Array(TASKS).fill(ADAPTER));
    const rollouts = await readArtifact(store(), 'test/policies/trained/rollouts/shard-000');
    expect(rollouts.manifest.policy).toBe(`${ADAPTER}@${'a'.repeat(16)}`);

    await store().write({
      name: 'quick/round-003/policy',
      schema: 'test',
      step: 'test',
      parents: [],
      configHash: '1'.repeat(64),
      policy: null,
      summary: {},
      shards: [[{ round: 3, servedModel: 'newer' }]],
    });
    await open({ policies: { base: {}, trained: { fromRun: 'quick' } } });
    const { rows } = await readArtifact<{ version: { round: number } }>(store(), 'test/compared');
    expect(rows.map(({ version }) => version.round)).toEqual([0, 2]);
  });

  it('refuses whole weights that another run has trained, and says how to serve them', async () => {
    const checkpoint = { name: 'quick-v1-aaaaaaaa', hash: 'a'.repeat(64), path: '/checkpoints/1' };
    await store().write({
      name: 'quick/round-001/policy',
      schema: 'test',
      step: 'test',
      parents: [],
      configHash: '1'.repeat(64),
      policy: null,
      summary: {},
      shards: [[{ round: 1, servedModel: 'base', adapterHash: null, adapterPath: null, checkpoint }]],
    });
    const failure = await failureFrom(open({ policies: { trained: { fromRun: 'quick' } } }));
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toContain('Start a server with --model /checkpoints/1');
  });

  it('refuses a run that has published nothing, and a model that is not served, before any call', async () => {
    expect(await failureFrom(open({ policies: { trained: { fromRun: 'quick', round: 1 } } }))).toMatchObject({
      type: 'config/unusable',
      message: expect.stringContaining('policies.trained takes round 1 of the run "quick"'),
    });
    expect(await failureFrom(open({ policies: { other: { model: 'nobody' } } }))).toMatchObject({
      type: 'model-server/unknown-model',
      message: expect.stringContaining('the model of policies.other'),
    });
    expect(chatCalls()).toEqual([]);
  });
});

describe('judgeWildbenchScores', () => {
  it('scores each answer by its checklist and keeps the reasons', async () => {
    await open();
    await generate('base');
    expect(await score('base')).toMatchObject({ yes: TASKS, unparsed: 0, judgeCalls: TASKS, unreportedUsage: 0 });
    const rows = await rowsOf<AnswerScore>('policies/base/scores');
    expect(rows[0]).toEqual({
      sessionId: 't-0',
      judge: 'wise',
      // "a poor answer", without the token that ended it.
      lengthChars: 13,
      truncated: false,
      empty: false,
      score: 3,
      strengths: 'it is poor',
      weaknesses: 'none',
      by: 'judge',
      unreadable: null,
      attempts: 1,
    });
    const asked = chatCalls().at(-1)?.body as { response_format: unknown; messages: { content: string }[] };
    expect(asked.response_format).toMatchObject({ type: 'json_schema' });
    expect(asked.messages[0]?.content).toContain('ASSISTANT: Hello, what can I do for you?');
    expect(asked.messages[0]?.content).toContain('- Is it about the topic?');
  });

  it('asks again with a new seed, then keeps an unreadable score apart from a missing one and an empty answer', async () => {
    answers = (_model, topic) => (topic === 'topic-2' ? '' : 'a fair answer');
    judgeSays = (prompt) => {
      if (!prompt.includes('The answer to grade')) return undefined;
      return topicOf(prompt) === 'topic-1' ? 'I like it.' : judgeTruly(prompt);
    };
    await open({}, { attempts: 2 });
    // The first task is refused for its own content: it has no answer at all.
    server.enqueue({ status: 400, body: { error: { message: 'no such thing', code: 400 } } });
    expect(await generate('base')).toMatchObject({ rollouts: 4, failed: 1 });
    // Two for the unreadable one, one for t-3, none for the empty answer.
    expect(await score('base')).toMatchObject({ yes: 2, unparsed: 1, judgeCalls: 3 });
    const rows = await rowsOf<AnswerScore>('policies/base/scores');
    expect(
      rows.map(({ sessionId, score, by, unreadable, attempts }) => [sessionId, score, by, unreadable, attempts]),
    ).toEqual([
      ['t-1', null, 'judge', 'malformed', 2],
      ['t-2', 1, 'code', null, 0],
      ['t-3', 5, 'judge', null, 1],
    ]);
    const seeds = chatCalls()
      .filter(
        ({ body }) => JSON.stringify(body).includes('The answer to grade') && JSON.stringify(body).includes('topic-1.'),
      )
      .map(({ body }) => body as { seed: number; temperature: number });
    expect(seeds[1]?.seed).toBe((seeds[0]?.seed ?? 0) + 1);
    expect(seeds.map(({ temperature }) => temperature)).toEqual([0, 0.7]);
  });

  it('goes on after a failure without repeating a call that was answered', async () => {
    await open();
    await generate('base');
    server.enqueue(
      { body: { choices: [{ index: 0, message: { content: '{"score":"4"}' }, finish_reason: 'stop' }] } },
      { status: 503 },
    );
    expect(await failureFrom(score('base'))).toMatchObject({ type: 'model-server/unavailable', nonRetryable: false });
    await score('base');
    // Answers, one score that stands, one call that failed, and the three that were still to be had.
    expect(chatCalls()).toHaveLength(TASKS + 1 + 1 + 3);
    const rows = await rowsOf<AnswerScore>('policies/base/scores');
    expect(rows.map((row) => row.score)).toEqual([4, 3, 3, 3]);
  });
});

describe('judgeWildbenchPairs', () => {
  it('maps choices back through the recorded seats, in both orders, against stored answers', async () => {
    await open({
      baselines: [{ name: 'stored', answers: await writeBaseline() }],
      wildbench: { bothOrders: true },
    });
    await generate('base');
    expect(await pair('base')).toMatchObject({ yes: 2 * TASKS, judgeCalls: 2 * TASKS });
    const rows = await rowsOf<AnswerPair>('policies/base/pairs');
    // Poor is one step below fair: slightly worse, wherever it sits.
    expect(new Set(rows.map(({ modelIsA, choice }) => `${modelIsA} ${choice}`))).toEqual(
      new Set(['true B+', 'false A+']),
    );
    expect(rows[0]).toMatchObject({ baseline: 'stored', lengthCharsModel: 13, lengthCharsBaseline: 13, empty: false });
    expect(rows[0]?.reasons['reason of A>B']).toBe('words');
  });

  it('refuses stored answers that lack a task, and other answers under the same name of a run', async () => {
    const path = await writeBaseline();
    await open({ baselines: [{ name: 'stored', answers: path }] });
    await writeBaseline('another answer');
    expect(await failureFrom(open({ baselines: [{ name: 'stored', answers: path }] }))).toMatchObject({
      type: 'config/run-exists',
      message: expect.stringContaining('answers of stored'),
    });
    await writeFile(path, '{"session_id":"t-0","output":"hello"}\n');
    expect(await failureFrom(open({ baselines: [{ name: 'stored', answers: path }] }))).toMatchObject({
      type: 'data/invalid-row',
      message: expect.stringContaining('has no answer to task "t-1"'),
    });
  });
});

describe('the report of a comparison', () => {
  it('ranks the policies with intervals and says what is behind every number', async () => {
    await publishAdapter();
    // Good against poor is two steps: much better.
    await open({
      policies: { base: {}, trained: { fromRun: 'quick' } },
      baselines: ['base'],
      wildbench: { bothOrders: true },
    });
    for (const name of ['base', 'trained']) {
      await generate(name);
      await score(name);
    }
    await pair('trained');
    const written = await inActivity(() =>
      activities().writeReport({ run, status: 'done', statusReason: null, startedAtMs: 0 }),
    );
    const report = JSON.parse(await readFile(written.reportJson, 'utf8')) as WildbenchReport;
    const [board] = report.boards;
    // Scores 3 and 7 are adjusted to -4 and 4, times 10; the reward of "much better" is 1, times 100, the base against itself 0.
    expect(
      board?.leaderboard.map(({ rank, model, score, reward }) => [rank, model, score?.value, reward?.value]),
    ).toEqual([
      [1, 'trained', 40, 100],
      [2, 'base', -40, 0],
    ]);
    expect(board?.leaderboard[0]?.score).toEqual({ value: 40, low: 40, high: 40, n: 4 });
    expect(board?.leaderboard[0]?.reward).toEqual({ value: 100, low: 100, high: 100, n: 4 });
    const trained = board?.policies.find(({ policy }) => policy === 'trained');
    expect(trained?.scores).toMatchObject({ total: 4, unreadable: 0, missing: 0, aboveReference: { mean: 8, n: 4 } });
    expect(trained?.scores?.groups).toEqual([
      { group: 'Math & Data Analysis', value: 4, n: 2 },
      { group: 'Planning & Reasoning', value: 4, n: 2 },
    ]);
    expect(trained?.rewards.map(({ lengthPenaltyChars, reward }) => [lengthPenaltyChars, reward])).toEqual([
      [-1, 1],
      [500, 1],
      [1000, 1],
      [1500, 1],
    ]);
    expect(trained?.rewards[0]).toMatchObject({
      counted: 8,
      total: 8,
      missing: 0,
      consistency: { bothOrders: 4, sameWinner: 4, sameOutcome: 4 },
    });
    expect(report).toMatchObject({ tasksInSet: 4, tasksAnswered: 4, reference: 'base' });
    expect(report.judges).toEqual([{ name: 'wise', model: 'base', isAlso: ['base', 'trained'] }]);
    expect(report.calls.map(({ stage, sent }) => [stage, sent])).toEqual([
      ['policies/base/rollouts', 4],
      ['policies/base/scores', 4],
      ['policies/trained/rollouts', 4],
      ['policies/trained/scores', 4],
      ['policies/trained/pairs', 8],
    ]);
    expect(written.summary).toContain(
      'adjusted score of base and of trained, -80 to 100, by wise -40.0 -> 40.0 (paired difference +80.0 over 4 tasks, 95 % interval [80.0, 80.0])',
    );
    const page = await readFile(written.reportHtml, 'utf8');
    expect(page).toContain('it judges itself');
    expect(page).toContain('against base, this answer was');
  });
});
