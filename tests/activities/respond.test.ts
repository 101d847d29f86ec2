// Locks how prompts become preference pairs, and that an attempt that failed has kept what was paid for.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import type { PreferencePair } from '../../domain/preference-pair.ts';
import type { JudgedGroup, Rollout } from '../../domain/rollout.ts';
import type { OpenedRun, RunRef, ShardTask } from '../../domain/run.ts';
import { failureFrom, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';

const ROLLOUTS = 'test/round-001/sample/rollouts/shard-000';
const JUDGED = 'test/round-001/sample/judged/shard-000';
const TOPICS = ['rain', 'bread', 'dogs'];

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let onAnswer: () => void;

beforeEach(async () => {
  onAnswer = () => {};
  bench = await startActivityBench({
    // A seed is a multiple of 4096 plus the index of its sample.
    answer: (_prompt, seed) => {
      onAnswer();
      return seed % 2 === 0 ? 'plain words only' : 'Well, commas';
    },
  });
  await bench.writePrompts(
    'train',
    TOPICS.map((topic) => makePrompt(topic, `Say something about ${topic}`)),
  );
  await bench.writePrompts('held-out', [makePrompt('held', 'Say something about cars')]);
});
afterEach(() => bench.close());

const sampleTask = ({ basePolicy }: OpenedRun, run: RunRef = bench.run): ShardTask => ({
  run,
  stage: 'sample',
  round: 1,
  shard: 0,
  policy: basePolicy,
});

/** Calls a hook when so many completions have been made in all. */
function afterAnswers(count: number, act: () => void): void {
  let seen = 0;
  onAnswer = () => {
    seen += 1;
    if (seen === count) act();
  };
}

describe('respond, judge and selectRoundRows', () => {
  it('turn three prompts into three pairs with exact counts', async () => {
    const opened = await bench.open();
    const task = sampleTask(opened);
    await bench.respond(task);
    expect(await bench.judge(task)).toEqual({
      calls: 6,
      rollouts: 12,
      failed: 0,
      truncated: 0,
      looped: 0,
      yes: 6,
      no: 6,
      unparsed: 0,
      passRateSum: 6,
      passRateCount: 12,
      promptTokens: 24,
      completionTokens: 30,
      judgeCalls: 0,
      judgePromptTokens: 0,
      judgeCompletionTokens: 0,
      unreportedUsage: 0,
    });
    const input = { run: bench.run, round: 1, shards: 1, policy: opened.basePolicy, extraPrompts: 0 };
    expect(await bench.activities.selectRoundRows(input)).toEqual({
      kind: 'pairs',
      prompts: 3,
      extraPrompts: 0,
      promptsUsed: 3,
      rows: 3,
      allEqual: 0,
      marginTooSmall: 0,
      tooUnequalLength: 0,
      tooFewJudged: 0,
      noneGoodEnough: 0,
      gapsTooSmall: 0,
      duplicates: 0,
      itemsJudged: 3,
      itemsSaturated: 0,
    });
    const { rows, manifest } = await readArtifact<PreferencePair>(bench.store, 'test/round-001/pairs');
    expect(rows.map(({ promptId }) => promptId)).toEqual(TOPICS);
    expect(rows[0]).toEqual({
      promptId: 'rain',
      prompt: [{ role: 'user', content: 'Say something about rain' }],
      chosen: [{ role: 'assistant', content: 'plain words only' }],
      rejected: [{ role: 'assistant', content: 'Well, commas' }],
      chosenSampleIndex: 0,
      rejectedSampleIndex: 3,
      rejectedTruncated: false,
      chosenReward: 1,
      rejectedReward: 0,
      margin: 1,
      largestItemGap: 1,
      policy: 'base:base',
    });
    expect(manifest.parents.map(({ name }) => name)).toEqual(['test/round-001/sample/prompts/shard-000', JUDGED]);
  });

  it('send every sampling field, one seed a call and no seed twice', async () => {
    await bench.respond(sampleTask(await bench.open()));
    const bodies = bench.chatCalls().map(({ body }) => body as { readonly seed: number });
    const seeds = bodies.map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(6);
    expect(seeds.map((seed) => seed % 4096)).toEqual([0, 2, 0, 2, 0, 2]);
    expect(bodies[0]).toEqual({
      model: 'base',
      messages: [{ role: 'user', content: 'Say something about rain' }],
      n: 2,
      seed: seeds[0],
      temperature: 1,
      top_p: 1,
      top_k: 0,
      min_p: 0,
      repetition_penalty: 1,
      max_tokens: 128,
      stream: false,
    });
  });

  it('do their work once: a second attempt makes no call and gives the same counts', async () => {
    const task = sampleTask(await bench.open());
    await bench.respond(task);
    const counts = await bench.judge(task);
    await bench.respond(task);
    expect(await bench.judge(task)).toEqual(counts);
    expect(bench.chatCalls()).toHaveLength(6);
  });

  it('refuse pairs from a policy that is not the round’s', async () => {
    const opened = await bench.open();
    const task = sampleTask(opened);
    await bench.respond(task);
    await bench.judge(task);
    const policy = { round: 1, servedModel: 'test-v1', adapterHash: 'a'.repeat(64), adapterPath: '/adapters/1' };
    const input = { run: bench.run, round: 1, shards: 1, policy, extraPrompts: 0 };
    expect(await failureFrom(bench.activities.selectRoundRows(input))).toMatchObject({
      type: 'data/mixed-policy-versions',
      nonRetryable: true,
      message:
        'Round 1 samples from test-v1@aaaaaaaaaaaaaaaa, but a rollout of "rain" was made by base:base: the round is refused.',
    });
  });
});

describe('respond', () => {
  it('sends only what is missing after an attempt that failed in the middle, and ends with the same data', async () => {
    const task = sampleTask(await bench.open());
    afterAnswers(4, () => bench.server.enqueue({ status: 503, headers: { 'retry-after': '2' } }));
    const failure = await failureFrom(bench.respond(task));
    expect(failure).toMatchObject({ type: 'model-server/unavailable', nonRetryable: false, nextRetryDelay: 2000 });
    expect(bench.chatCalls()).toHaveLength(3);
    expect(await bench.store.find(ROLLOUTS)).toBeUndefined();

    await bench.respond(task);
    const seeds = bench.chatCalls().map(({ body }) => (body as { readonly seed: number }).seed);
    expect(seeds).toHaveLength(7);
    // The third call failed and is the only one that was sent twice.
    expect(seeds[3]).toBe(seeds[2]);
    expect(new Set(seeds).size).toBe(6);
    expect(await bench.ledgers.countsBelow(ROLLOUTS)).toEqual({
      sent: 7,
      answered: 6,
      failed: 1,
      lost: 0,
      tornLines: 0,
    });

    const undisturbed = { ...bench.run, runName: 'undisturbed' };
    await bench.respond(sampleTask(await bench.open({}, undisturbed), undisturbed));
    const [disturbed, smooth] = [
      await bench.store.find(ROLLOUTS),
      await bench.store.find('undisturbed/round-001/sample/rollouts/shard-000'),
    ];
    expect(disturbed?.contentHash).toBe(smooth?.contentHash);
    expect(disturbed?.summary).toEqual({ calls: 6, promptTokens: 24, completionTokens: 30, unreportedUsage: 0 });
  });

  it.each([
    ['a proxy knows no such page while the server restarts', 404, 'model-server/not-served', false],
    ['the account has no credit', 402, 'model-server/no-credit', true],
  ])('stops when %s, keeps that as no answer and draws the rest later', async (_what, status, type, nonRetryable) => {
    const task = sampleTask(await bench.open());
    bench.server.enqueue({ status, body: 'page not found' });
    expect(await failureFrom(bench.respond(task))).toMatchObject({ type, nonRetryable });
    expect(bench.chatCalls()).toHaveLength(1);
    await bench.respond(task);
    const { rows } = await readArtifact<Rollout>(bench.store, ROLLOUTS);
    expect(rows.every(({ outcome }) => outcome.ok)).toBe(true);
  });

  it('turns a prompt that is too long into failed rollouts of that prompt and draws the others', async () => {
    const task = sampleTask(await bench.open());
    bench.server.enqueue({ status: 400, body: { error: { message: 'The prompt is too long', code: 400 } } });
    await bench.respond(task);
    const { rows } = await readArtifact<Rollout>(bench.store, ROLLOUTS);
    expect(rows.map(({ outcome }) => outcome.ok)).toEqual([false, false, ...Array<boolean>(10).fill(true)]);
    expect(rows[0]?.outcome).toEqual({
      ok: false,
      code: 'model-server/prompt-too-long',
      message: `${new URL(bench.server.baseUrl).host}/v1/chat/completions answered 400: "The prompt is too long". Shorten the prompt or serve the model with a longer context.`,
    });
    expect(await bench.judge(task)).toMatchObject({ calls: 6, rollouts: 12, failed: 2, yes: 5, no: 5, unparsed: 0 });
    const judged = await readArtifact<JudgedGroup>(bench.store, JUDGED);
    expect(judged.rows[0]?.rollouts_G[0]).toMatchObject({ verdicts_I: [], passRate: null });
  });
});

describe('judge', () => {
  async function openWithJudge(script: readonly string[], then: string) {
    const judge = await startScriptedModelServer({
      script: script.map((content) => ({
        body: { choices: [{ index: 0, message: { content }, finish_reason: 'stop' }] },
      })),
      deterministic: { model: 'judge', answer: () => then },
    });
    await bench.writePrompts('train', [
      makePrompt('rain', 'Say something about rain', { checklist: [{ question: 'Is it polite?' }] }),
    ]);
    const task = sampleTask(
      await bench.open({
        sampling: { samplesPerPrompt: 2, samplesPerCall: 2 },
        judge: { baseUrl: judge.baseUrl, model: 'judge', attempts: 3, callsInFlight: 1 },
      }),
    );
    await bench.respond(task);
    return { judge, task };
  }

  const seedsOf = (judge: Awaited<ReturnType<typeof startScriptedModelServer>>) =>
    judge.requests.map(({ body }) => (body as { readonly seed: number }).seed);

  it('asks again with a new seed when no verdict can be read', async () => {
    const { judge, task } = await openWithJudge(['It depends.'], 'It thanks.\nVERDICT: YES');
    expect(await bench.judge(task)).toMatchObject({ yes: 2, no: 0, unparsed: 0, passRateSum: 2, passRateCount: 2 });
    expect(new Set(seedsOf(judge)).size).toBe(3);
    const { rows } = await readArtifact<JudgedGroup>(bench.store, JUDGED);
    expect(rows[0]?.rollouts_G[0]?.verdicts_I).toEqual([{ answer: 'yes', by: 'judge', reason: 'It thanks.' }]);
    await judge.close();
  });

  it('counts a verdict that stays unreadable as unparsed, never as a no', async () => {
    const { judge, task } = await openWithJudge([], 'It depends.');
    expect(await bench.judge(task)).toMatchObject({ yes: 0, no: 0, unparsed: 2, passRateSum: 0, passRateCount: 0 });
    expect(new Set(seedsOf(judge)).size).toBe(6);
    const { rows } = await readArtifact<JudgedGroup>(bench.store, JUDGED);
    expect(rows[0]?.rollouts_G[0]).toMatchObject({
      passRate: null,
      verdicts_I: [{ answer: 'unparsed', by: 'judge', cause: 'malformed', reason: 'It depends.' }],
    });
    await judge.close();
  });

  it('keeps the verdicts it has paid for when the judge goes away', async () => {
    const { judge, task } = await openWithJudge(['VERDICT: YES'], 'VERDICT: NO');
    judge.enqueue({ status: 503 });
    expect(await failureFrom(bench.judge(task))).toMatchObject({
      type: 'model-server/unavailable',
      nonRetryable: false,
    });
    expect(await bench.judge(task)).toMatchObject({ yes: 1, no: 1, unparsed: 0 });
    expect(judge.requests).toHaveLength(3);
    await judge.close();
  });
});
