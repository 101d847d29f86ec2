// Locks what a judge of two steps costs: both calls counted, no call paid for twice, and no verdict made up where the second fails.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { failureFrom, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import {
  startScriptedModelServer,
  type RecordedRequest,
  type ScriptedReply,
} from '../support/scripted-model-server.ts';

const ITEMS = ['Does it meet rule a?', 'Does it meet rule b?'];

interface JudgeBody {
  readonly seed: number;
  readonly temperature: number;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly structured_outputs?: { readonly choice: readonly string[] };
}

const reply = (content: string, prompt_tokens: number, completion_tokens: number): ScriptedReply => ({
  body: {
    choices: [{ index: 0, message: { content }, finish_reason: 'stop' }],
    usage: { prompt_tokens, completion_tokens },
  },
});

/** A judge that reasons for 10 tokens and never writes a verdict line; its second calls go by the given reply. */
function startTalkingJudge(second: (body: JudgeBody) => ScriptedReply) {
  return startScriptedModelServer({
    intercept: ({ body }: RecordedRequest) => {
      const asked = body as JudgeBody;
      if (asked.structured_outputs === undefined) return reply('The answer looks quite fine to me.', 100, 10);
      return second(asked);
    },
  });
}

/** Rule a is met, rule b is not. */
const decide = ({ messages }: JudgeBody): string => (messages[0]?.content.includes('rule a?') ? 'YES' : 'NO');

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let judge: Awaited<ReturnType<typeof startTalkingJudge>>;
beforeEach(async () => {
  bench = await startActivityBench({ answer: () => 'an answer' });
  await bench.writePrompts('held-out', [makePrompt('held', 'Say something about cars')]);
  await bench.writePrompts('train', [
    makePrompt('p', 'Follow the rules', { checklist: ITEMS.map((question) => ({ question })) }),
  ]);
});
afterEach(async () => {
  await bench.close();
  await judge.close();
});

/** Two answers of two items: four verdicts. */
async function openTask(attempts: number, verdict: 'line' | 'two-step' = 'two-step'): Promise<ShardTask> {
  const opened = await bench.open({
    sampling: { samplesPerPrompt: 2, samplesPerCall: 2 },
    judge: { baseUrl: judge.baseUrl, model: 'judge', attempts, verdict, callsInFlight: 1 },
  });
  const task: ShardTask = { run: bench.run, stage: 'sample', round: 1, shard: 0, policy: opened.basePolicy };
  await bench.respond(task);
  return task;
}

async function readVerdicts() {
  const { rows } = await readArtifact<JudgedGroup>(bench.store, 'test/round-001/sample/judged/shard-000');
  return rows.flatMap(({ rollouts_G }) => rollouts_G.map(({ verdicts_I }) => verdicts_I));
}

const bodies = () => judge.requests.map(({ body }) => body as JudgeBody);
const firsts = () => bodies().filter(({ structured_outputs }) => structured_outputs === undefined);
const seconds = () => bodies().filter(({ structured_outputs }) => structured_outputs !== undefined);

describe('a judge that never writes a verdict line', () => {
  it('leaves every item unparsed when it is asked for the line alone', async () => {
    judge = await startTalkingJudge(() => reply('YES', 120, 1));
    const counts = await bench.judge(await openTask(2, 'line'));
    expect(counts).toMatchObject({ yes: 0, no: 0, unparsed: 4, passRateCount: 0, judgeCalls: 8 });
  });

  it('gives every verdict by a second call, which the row says and the usage counts', async () => {
    judge = await startTalkingJudge((body) => reply(decide(body), 120, 1));
    const counts = await bench.judge(await openTask(2));
    // 4 verdicts of two calls each: 4 * (100 + 120) tokens in, 4 * (10 + 1) out.
    expect(counts).toMatchObject({
      yes: 2,
      no: 2,
      unparsed: 0,
      judgeCalls: 8,
      judgePromptTokens: 880,
      judgeCompletionTokens: 44,
      unreportedUsage: 0,
    });
    const reason = 'The answer looks quite fine to me.';
    const byCall = (answer: 'yes' | 'no') => ({ answer, by: 'judge', reason, secondCalls: 1 });
    expect(await readVerdicts()).toEqual([
      [byCall('yes'), byCall('no')],
      [byCall('yes'), byCall('no')],
    ]);
    const [second] = seconds();
    expect(second).toMatchObject({ temperature: 0, structured_outputs: { choice: ['YES', 'NO'] } });
    expect(second?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(second?.messages[1]?.content).toBe(reason);
  });

  it('is asked again from the start, with a new seed, when its choice cannot be read', async () => {
    const isFirstTry = ({ seed }: JudgeBody) => firsts().some((body) => body.seed === seed && body.temperature === 0);
    judge = await startTalkingJudge((body) => reply(isFirstTry(body) ? 'It depends.' : decide(body), 120, 1));
    const counts = await bench.judge(await openTask(2));
    // 4 items, 2 tries, 2 calls a try.
    expect(counts).toMatchObject({ unparsed: 0, yes: 2, no: 2, judgeCalls: 16 });
    expect(
      firsts()
        .map(({ temperature }) => temperature)
        .toSorted((a, b) => a - b),
    ).toEqual([0, 0, 0, 0, 0.7, 0.7, 0.7, 0.7]);
    expect(new Set(firsts().map(({ seed }) => seed)).size).toBe(8);
    expect(seconds().every(({ temperature }) => temperature === 0)).toBe(true);
  });

  it('leaves an item unparsed, and not a no, when no choice can ever be read', async () => {
    judge = await startTalkingJudge(() => reply('It depends.', 120, 1));
    const counts = await bench.judge(await openTask(2));
    // 4 items, 2 tries, 2 calls a try.
    expect(counts).toMatchObject({ yes: 0, no: 0, unparsed: 4, passRateCount: 0, judgeCalls: 16 });
    expect((await readVerdicts()).flat()).toEqual(
      Array.from({ length: 4 }, () => ({
        answer: 'unparsed',
        by: 'judge',
        cause: 'malformed',
        reason: 'It depends.',
      })),
    );
  });

  it('is not asked again when the server refuses to constrain it', async () => {
    const refusal = { status: 400, body: { error: { message: 'Unrecognized request argument: structured_outputs' } } };
    judge = await startTalkingJudge(() => refusal);
    const counts = await bench.judge(await openTask(3));
    // 4 items, one try of two calls: the server would refuse the next one too.
    expect(counts).toMatchObject({ unparsed: 4, judgeCalls: 8, unreportedUsage: 4, judgePromptTokens: 400 });
    const [verdict] = (await readVerdicts()).flat();
    expect(verdict).toMatchObject({ answer: 'unparsed', cause: 'refused' });
    expect(verdict?.reason).toContain('structured_outputs');
  });

  it('is asked only for what is missing after its server went away between the two calls', async () => {
    let isAway = true;
    judge = await startTalkingJudge((body) => (isAway ? { status: 503, body: {} } : reply(decide(body), 120, 1)));
    const task = await openTask(1);
    expect(await failureFrom(bench.judge(task))).toMatchObject({ type: 'model-server/unavailable' });
    const before = { firsts: firsts().length, lost: seconds().length };
    expect(before.firsts).toBeGreaterThan(0);
    expect(before.lost).toBe(1);

    isAway = false;
    const counts = await bench.judge(task);
    // No reason is paid for twice: four in all, and four choices beside the lost one.
    expect(firsts()).toHaveLength(4);
    expect(seconds()).toHaveLength(4 + before.lost);
    expect(counts).toMatchObject({
      yes: 2,
      no: 2,
      unparsed: 0,
      judgeCalls: 8 + before.lost,
      judgePromptTokens: 880,
      judgeCompletionTokens: 44,
      unreportedUsage: before.lost,
    });
    expect(await bench.judge(task)).toEqual(counts);
    expect(judge.requests).toHaveLength(8 + before.lost);
  });
});
