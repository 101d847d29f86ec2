// Locks what failures of a judge may do: cost verdicts and calls, but never move the pass rate or be paid for twice.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { bootstrapMean } from '../../domain/bootstrap.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import type { RunRef, ShardTask } from '../../domain/run.ts';
import { failureFrom, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import {
  startScriptedModelServer,
  type RecordedRequest,
  type ScriptedReply,
} from '../support/scripted-model-server.ts';

const PROMPTS = 60;
const ITEMS = 4;

/** A number in [0, 1) that a text always has. */
const shareOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;

/** The truth: about 60 of 100 rules are met. */
const isMet = (rule: string): boolean => shareOf(`truth of ${rule}`) < 0.6;

const makeRows = (): readonly PromptRow[] =>
  Array.from({ length: PROMPTS }, (_, prompt) =>
    makePrompt(`p${prompt}`, `Follow the rules of p${prompt}`, {
      checklist: Array.from({ length: ITEMS }, (_, item) => ({ question: `Does it meet rule ${prompt}-${item}?` })),
    }),
  );

const backwards = (rows: readonly PromptRow[]): readonly PromptRow[] =>
  rows.map((row) => ({ ...row, checklist: row.checklist.toReversed() })).toReversed();

const said = (content: string, finish_reason = 'stop'): ScriptedReply => ({
  body: {
    choices: [{ index: 0, message: { content }, finish_reason }],
    usage: { prompt_tokens: 100, completion_tokens: 10 },
  },
});

/** A judge that knows the truth and fails at a known rate; each timeout comes once. */
async function startFailingJudge() {
  const timedOut = new Set<number>();
  const answered: number[] = [];
  const server = await startScriptedModelServer({
    intercept: ({ body }: RecordedRequest): ScriptedReply => {
      const { seed, messages } = body as { readonly seed: number; readonly messages: readonly { content: string }[] };
      const fate = shareOf(`fate of ${seed}`);
      if (fate < 0.02 && !timedOut.has(seed)) {
        timedOut.add(seed);
        return 'hang';
      }
      answered.push(seed);
      if (fate >= 0.02 && fate < 0.12) return said('Hard to say, it depends.');
      if (fate >= 0.12 && fate < 0.17) return said("I'm sorry, but I can't help with that.");
      if (fate >= 0.17 && fate < 0.2) return said('VERDICT: YES\nOn second thou', 'length');
      const rule = /rule (\d+-\d+)\?/.exec(messages[0]?.content ?? '')?.[1] ?? '';
      return said(`Looked at it.\nVERDICT: ${isMet(rule) ? 'YES' : 'NO'}`);
    },
  });
  return { server, timedOut, answered };
}

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let judge: Awaited<ReturnType<typeof startFailingJudge>>;
beforeEach(async () => {
  bench = await startActivityBench({ answer: (prompt, seed) => `answer ${seed % 4096} to ${prompt}` });
  judge = await startFailingJudge();
  await bench.writePrompts('held-out', [makePrompt('held', 'Say something about cars')]);
});
afterEach(async () => {
  await bench.close();
  await judge.server.close();
});

async function judgeAll(rows: readonly PromptRow[], attempts: number, run: RunRef = bench.run) {
  await bench.writePrompts('train', rows);
  const opened = await bench.open(
    {
      sampling: { samplesPerPrompt: 2, samplesPerCall: 2 },
      shards: { rows: 256 },
      judge: { baseUrl: judge.server.baseUrl, model: 'judge', attempts, callsInFlight: 16, timeoutMs: 1000 },
    },
    run,
  );
  const task: ShardTask = { run, stage: 'sample', round: 1, shard: 0, policy: opened.basePolicy };
  await bench.respond(task);
  let tries = 1;
  for (; tries < 20; tries += 1) {
    const counts = await bench.judge(task).catch(() => undefined);
    if (counts === undefined) continue;
    const { rows: groups } = await readArtifact<JudgedGroup>(
      bench.store,
      `${run.runName}/round-001/sample/judged/shard-000`,
    );
    return { counts, groups, task, tries };
  }
  return expect.fail('the judge never ended well');
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const options = { resamples: 2000, confidence: 0.95, seed: 1 };

describe('a judge with 10 % malformed, 5 % refused, 3 % truncated replies and 2 % timeouts', () => {
  it(
    'leaves the mean pass rate where it is, and a failure counted as a no would not',
    { timeout: 60_000 },
    async () => {
      const rows = makeRows();
      const truth = mean(rows.map(({ checklist }) => mean(checklist.map(({ question }) => ruleOf(question)))));
      const { counts, groups } = await judgeAll(rows, 1);
      const verdicts = PROMPTS * ITEMS * 2;
      expect(counts.yes + counts.no + counts.unparsed).toBe(verdicts);
      // 18 of 100 replies that come can't be read.
      expect(counts.unparsed / verdicts).toBeGreaterThan(0.12);
      expect(counts.unparsed / verdicts).toBeLessThan(0.24);
      const measured = bootstrapMean(
        groups.map(({ rollouts_G }) =>
          mean(rollouts_G.flatMap(({ passRate }) => (passRate === null ? [] : [passRate]))),
        ),
        options,
      );
      expect(measured.low).toBeLessThan(truth);
      expect(measured.high).toBeGreaterThan(truth);
      const asNo = bootstrapMean(
        groups.map(({ rollouts_G }) =>
          mean(rollouts_G.flatMap(({ verdicts_I }) => verdicts_I.map(({ answer }) => (answer === 'yes' ? 1 : 0)))),
        ),
        options,
      );
      expect(asNo.high).toBeLessThan(truth);
    },
  );

  it('gives nearly every verdict after three tries, each verdict true', { timeout: 60_000 }, async () => {
    const { counts, groups } = await judgeAll(makeRows(), 3);
    // 0.18 ** 3 = 0.6 % stay unread.
    expect(counts.unparsed).toBeLessThan(PROMPTS * ITEMS * 2 * 0.02);
    for (const { promptId, rollouts_G } of groups) {
      for (const { verdicts_I } of rollouts_G) {
        for (const [item, { answer }] of verdicts_I.entries()) {
          if (answer !== 'unparsed') expect(answer).toBe(isMet(`${promptId.slice(1)}-${item}`) ? 'yes' : 'no');
        }
      }
    }
  });

  it('is paid for once a call over all attempts, and its usage is counted', { timeout: 60_000 }, async () => {
    const { counts, task, tries } = await judgeAll(makeRows(), 3);
    expect(judge.timedOut.size).toBeGreaterThan(0);
    // A lone timeout does not stop the others: not an attempt a timeout.
    expect(tries).toBeLessThanOrEqual(5);
    expect(new Set(judge.answered).size).toBe(judge.answered.length);
    const sent = judge.answered.length + judge.timedOut.size;
    expect(counts).toMatchObject({
      judgeCalls: sent,
      judgePromptTokens: judge.answered.length * 100,
      judgeCompletionTokens: judge.answered.length * 10,
      unreportedUsage: judge.timedOut.size,
    });
    expect(await bench.judge(task)).toEqual(counts);
    expect(judge.answered.length + judge.timedOut.size).toBe(sent);
  });

  it('says the same whatever the order of prompts and of items', { timeout: 60_000 }, async () => {
    const collect = async (rows: readonly PromptRow[], run?: RunRef) => {
      const { groups } = await judgeAll(rows, 2, run);
      const checklists = new Map(rows.map(({ promptId, checklist }) => [promptId, checklist]));
      const entries = groups.flatMap(({ promptId, rollouts_G }) =>
        rollouts_G.flatMap(({ sampleIndex, verdicts_I }) =>
          verdicts_I.map(
            (verdict, index) => [`${sampleIndex} ${checklists.get(promptId)?.[index]?.question}`, verdict] as const,
          ),
        ),
      );
      return new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    };
    const forwards = await collect(makeRows());
    expect(forwards.size).toBe(PROMPTS * ITEMS * 2);
    expect(await collect(backwards(makeRows()), { ...bench.run, runName: 'backwards' })).toEqual(forwards);
  });
});

describe('a judge that is away', () => {
  it('stops the batch at once', async () => {
    const busy = await startScriptedModelServer({ intercept: () => ({ status: 503, body: {} }) });
    await bench.writePrompts('train', makeRows());
    const opened = await bench.open({
      sampling: { samplesPerPrompt: 2, samplesPerCall: 2 },
      shards: { rows: 256 },
      judge: { baseUrl: busy.baseUrl, model: 'judge', callsInFlight: 4 },
    });
    const task: ShardTask = { run: bench.run, stage: 'sample', round: 1, shard: 0, policy: opened.basePolicy };
    await bench.respond(task);
    expect(await failureFrom(bench.judge(task))).toMatchObject({
      type: 'model-server/unavailable',
      nonRetryable: false,
    });
    expect(busy.requests.length).toBeLessThanOrEqual(4);
    await busy.close();
  });
});

function ruleOf(question: string): number {
  return isMet(/rule (\d+-\d+)\?/.exec(question)?.[1] ?? '') ? 1 : 0;
}
