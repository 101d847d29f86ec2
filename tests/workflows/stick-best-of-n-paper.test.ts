// Locks Best-of-N as in the paper, from the config that ships: the policy writes the checklists, answers them for its own
// candidates in two steps, keeps its ties, and is measured by code.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../cli/load-config.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { Selection } from '../../domain/best-of-n/candidate.ts';
import type { Arm, ArmScore } from '../../domain/best-of-n/compare-arms.ts';
import type { BestOfNReport } from '../../domain/report/best-of-n/best-of-n-report.ts';
import type { RunResult } from '../../domain/run.ts';
import type { bestOfNWorkflow } from '../../workflows/best-of-n.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const MODEL = 'smollm2-135m-instruct';
const PROMPTS = 6;
/** All of its candidates say the same. */
const SAME = 'topic-0';
/** Nobody can write a checklist for it. */
const UNLISTED = 'topic-1';

const CHECKLIST = 'ANALYSIS: Talk.\nCHECKLIST:\n1. Is the answer free of commas?\n2. Is the answer in lowercase?';

/** Answer n of 8; 1 repeats 0, and 6 repeats 3 but for its spacing. */
const ANSWERS: readonly ((topic: string) => string)[] = [
  (topic) => `Well, TALK of ${topic}`,
  (topic) => `Well, TALK of ${topic}`,
  (topic) => `talk, of ${topic}`,
  (topic) => `talk of ${topic}`,
  (topic) => `TALK of ${topic}`,
  (topic) => `talk of ${topic} now`,
  (topic) => `talk  of ${topic}`,
  (topic) => `Talk of ${topic}`,
];
/** By the code that measures: [no comma, lowercase]. */
const GOLD = [0, 0, 0.5, 1, 0.5, 1, 1, 0.5];

/** Writes checklists, answers, scores itself and judges, as one model does all of it in the paper. */
function play(prompt: string, seed: number): string {
  const topic = /topic-\d+/.exec(prompt)?.[0] ?? 'nothing';
  if (prompt.startsWith('You check one property')) return judge(prompt);
  if (prompt.startsWith('You write checklists'))
    return topic === UNLISTED ? 'I would not know what to ask.' : CHECKLIST;
  // It likes loud answers best.
  if (prompt.includes('whole number from 0')) return prompt.includes('```text\nTALK') ? '90' : '50';
  const pick = ANSWERS[topic === SAME ? 3 : seed % 8];
  return pick?.(topic) ?? '';
}

/** Reasons and never writes a verdict line; sees a capital word and misses a capital letter. */
function judge(prompt: string): string {
  if (!prompt.includes('Now decide by your own reason above')) return 'The words of the answer are what they are.';
  const answer = /came back:\n\n```text\n(.*?)\n```/s.exec(prompt)?.[1] ?? '';
  const isMet = prompt.includes('free of commas?') ? !answer.includes(',') : !answer.includes('TALK');
  return isMet ? 'YES' : 'NO';
}

let temporal: TestWorkflowEnvironment;
let folder: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let worker: WorkerProcess | undefined;
let finished: Awaited<ReturnType<typeof runToEnd>>;

// One run for all tests: they look at it from different sides.
beforeAll(async () => {
  temporal = await startTemporalServer();
  folder = await mkdtemp(join(tmpdir(), 'tickloop-stick-paper-'));
  server = await startScriptedModelServer({ deterministic: { answer: play, model: MODEL } });
  finished = await runToEnd();
});
afterAll(async () => {
  await worker?.kill('SIGKILL');
  await server.close();
  await temporal.teardown();
  await rm(folder, { recursive: true, force: true });
});

async function writePrompts(): Promise<string> {
  const path = join(folder, 'prompts.jsonl');
  const rows = Array.from({ length: PROMPTS }, (_, index) => ({
    promptId: `topic-${index}`,
    messages: [{ role: 'user', content: `Talk about topic-${index}` }],
    checklist: [
      { question: 'No comma?', verifier: { kind: 'no_comma', args: {} } },
      { question: 'All lowercase?', verifier: { kind: 'all_lowercase', args: {} } },
    ],
  }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

async function runToEnd() {
  const { config } = await loadConfig(
    'configs/stick-best-of-n-paper.yaml',
    [
      `data.prompts=${await writePrompts()}`,
      `data.rows=${PROMPTS}`,
      `policy.baseUrl=${server.baseUrl}`,
      `judge.baseUrl=${server.baseUrl}`,
      'shards.rows=4',
      'store.minFreeMb=0',
      `temporal.address=${temporal.address}`,
      'temporal.taskQueue=stick-paper',
    ],
    {},
  );
  worker = await startWorkerProcess(temporal.address, 'stick-paper');
  const storeRoot = join(folder, 'store');
  const result: RunResult = await temporal.client.workflow.execute<typeof bestOfNWorkflow>('bestOfNWorkflow', {
    workflowId: 'paper',
    taskQueue: 'stick-paper-workflow',
    args: [
      {
        run: { runName: 'paper', storeRoot, configHash: '0'.repeat(64) },
        config: configOfLoop(config, 'best-of-n'),
        startedAtMs: Date.now(),
      },
    ],
  });
  const store = createLocalArtifactStore({ root: storeRoot });
  const shards = await Promise.all(
    (await store.list('paper/candidates/results/')).map(async (name) => {
      const manifest = await store.find(name);
      return manifest === undefined ? [] : store.read<Selection>(manifest);
    }),
  );
  const report = JSON.parse(await readFile(result.reportJson, 'utf8')) as BestOfNReport;
  return { result, report, rows: new Map(shards.flat().map((row) => [row.promptId, row])) };
}

const chatCalls = () => server.requests.filter(({ path }) => path === '/v1/chat/completions').length;

describe('Best-of-N with checklists that the policy writes and answers itself', () => {
  it('keeps the ties of its own judgement, and is measured by code on the same candidates', () => {
    const { result, report, rows } = finished;
    expect(result.status).toBe('done');
    expect(rows.size).toBe(PROMPTS);

    const usual = rows.get('topic-2');
    expect(usual?.candidates_N.map(({ passRate }) => passRate)).toEqual([0, 0, 0.5, 1, 0.5, 1, 1, 1]);
    expect(usual?.candidates_N.map(({ goldPassRate }) => goldPassRate)).toEqual(GOLD);
    // 8 candidates, of which 1 and 6 say what others say.
    expect(usual).toMatchObject({ tied: [3, 5, 6, 7], decidedBy: 'seed', distinct: 6, selfScored: 4, failed: 0 });
    expect(usual?.candidates_N[7]?.verdicts_I).toMatchObject([
      { answer: 'yes', by: 'judge', secondCalls: 1, reason: 'The words of the answer are what they are.' },
      { answer: 'yes', by: 'judge', secondCalls: 1 },
    ]);
    expect(usual?.candidates_N[7]?.gold_I.map(({ answer, by }) => [answer, by])).toEqual([
      ['yes', 'code'],
      ['no', 'code'],
    ]);
    expect(rows.get(SAME)).toMatchObject({ distinct: 1, tied: [0, 1, 2, 3, 4, 5, 6, 7] });
    expect(rows.get(UNLISTED)).toMatchObject({ checklist: [], tied: [], chosen: null, distinct: 6 });

    expect(report).toMatchObject({
      keepTies: true,
      judging: { steeredBy: 'policy', judges: [MODEL], measuredBy: 'code', goldJudges: [] },
      tally: {
        prompts: 6,
        candidates: { count: 48, of: 48 },
        onlyOneDistinct: { count: 1, of: 6 },
        tied: { count: 5, of: 5 },
        notChosen: { count: 1, of: 6 },
        goldUndecided: { count: 0, of: 54 },
        sameRuler: { count: 0, of: 6 },
        // (1 + 5 * 6) / 6 different texts a prompt
        meanDistinct: 31 / 6,
      },
    });
  });

  it('scores a tied set with its mean and its share that is truly best', () => {
    const { report, result } = finished;
    const arms = new Map<Arm, ArmScore>(report.arms.map((arm) => [arm.arm, arm]));
    const numbers = (arm: Arm) => {
      const { interval, prompts, precision, precisionPrompts } = arms.get(arm) ?? {};
      return [interval?.mean, prompts, precision, precisionPrompts];
    };
    const near = (...values: readonly number[]) => values.map((value) => expect.closeTo(value, 9) as number);
    // A usual prompt keeps 3, 5, 6 and 7: gold (1 + 1 + 1 + 1/2) / 4, truly best 3 of 4. The prompt whose candidates are
    // the same keeps all 8, all right. The one without a checklist chooses nothing: 5 prompts.
    expect(numbers('best-of-n')).toEqual(near((1 + 4 * 0.875) / 5, 5, (1 + 4 * 0.75) / 5, 5));
    // All 6 prompts have candidates: 4.5 / 8 right, 3 of 8 truly best.
    expect(numbers('random-of-n')).toEqual(near((1 + 5 * 0.5625) / 6, 6, (1 + 5 * 0.375) / 6, 6));
    // Paired over the 5 prompts with a choice: (0 + 4 * (0.875 - 0.5625)) / 5.
    expect(arms.get('random-of-n')?.gainOverArm).toMatchObject({ mean: expect.closeTo(0.25, 9) as number, n: 5 });
    // It gives its highest score to the loud answer 4, or to all alike, of which the first counts.
    expect(numbers('self-score')).toEqual(near((1 + 5 * 0.5) / 6, 6, 1 / 6, 6));
    // Greedy is answer 0, which is no candidate and so has no precision among them.
    expect(numbers('greedy').slice(0, 2)).toEqual(near(1 / 6, 6));
    expect(numbers('oracle-of-n').slice(0, 2)).toEqual(near(1, 6));
    const summary = result.summary.join('\n');
    expect(summary).toContain('ties at the top on 5 of 5 prompts; all candidates the same on 1 of 6');
    expect(summary).toContain('it selected, self-judged: no measure of quality');
  });

  it('asks what N + 1 + N K V says, two calls a verdict, and reports every call', () => {
    const { report } = finished;
    const stage = (name: string) => report.calls.find((entry) => entry.stage === name)?.sent;
    // 5 prompts with a checklist, 8 candidates, 2 items, 2 calls.
    expect(stage('candidates/judged')).toBe(5 * 8 * 2 * 2);
    expect(stage('candidates/self-scores')).toBe(6 * 8);
    expect(stage('candidates/rollouts')).toBe(6 * 2);
    expect(stage('greedy/rollouts')).toBe(6);
    expect(report.calls.reduce((sum, { sent }) => sum + sent, 0)).toBe(chatCalls());
    expect(report.calls.every(({ sent, answered }) => sent === answered)).toBe(true);
  });
});
