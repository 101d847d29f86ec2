// Locks what makes rounds trustworthy: a worse round is rolled back, a person's answer is waited for and kept, and neither a
// killed worker nor a model server that forgets its adapters changes which policy a rollout comes from.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/read-artifact.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { onlineDpoConfig } from '../../configs/schema/online-dpo.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { OnlineDpoReport } from '../../domain/report/online-dpo/online-dpo-report.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { answerUpdate } from '../../workflows/approvals.ts';
import { progressQuery } from '../../workflows/loop-control.ts';
import type { onlineDpoWorkflow } from '../../workflows/online-dpo.ts';
import { startScriptedModelServer, type ScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { judgeTruly, topicOf, writeTasks } from '../support/wildbench-world.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const FAKE_TRAINER = fileURLToPath(new URL('../support/fake-trainer.cjs', import.meta.url));
const TASK_QUEUE = 'online-rounds';

let temporal: TestWorkflowEnvironment;
let folder: string;
let server: ScriptedModelServer;
let worker: WorkerProcess | undefined;
/** Which held-out answers a served version passes: none, half or all. */
let quality: (round: number) => 'none' | 'half' | 'all';
/** What a served version answers to a task. */
let answerTask: (model: string) => string;
/** Called for each chat call with the model that it asks for. */
let onChat: (model: string) => 'reset' | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

const roundOf = (model: string): number => Number(/-v(\d+)-/.exec(model)?.[1] ?? 0);

function answer(prompt: string, seed: number, model: string): string {
  const judged = judgeTruly(prompt);
  if (judged !== undefined) return judged;
  if (topicOf(prompt) !== 'nothing') return answerTask(model);
  const held = prompt.startsWith('held-out') ? quality(roundOf(model)) : 'half';
  const passes = held === 'all' || (held === 'half' && seed % 2 === 0);
  return passes ? `plain words about ${prompt.length}` : 'words, with commas';
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-rounds-'));
  await writeFile(join(folder, 'config.json'), '{}');
  quality = () => 'half';
  onChat = () => undefined;
  answerTask = () => 'a fair answer';
  server = await startScriptedModelServer({
    intercept: ({ path, body }) =>
      path === '/v1/chat/completions' ? onChat((body as { readonly model: string }).model) : undefined,
    deterministic: {
      answer,
      model: 'scripted',
      delayMs: 5,
      scoreToken: (model, _prefix_T, token) => -1 - (token % 4) / 4 + roundOf(model) / 8,
    },
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function writePrompts(name: string, count: number): Promise<string> {
  const path = join(folder, `${name}.jsonl`);
  const rows = Array.from({ length: count }, (_, index) => ({
    promptId: `${name}-${index}`,
    messages: [{ role: 'user', content: `${name} prompt ${'x'.repeat(index)}` }],
    checklist: [{ question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } }],
  }));
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

async function start(workflowId: string, gates: object, rounds = 2, evaluation: object = {}) {
  const config = onlineDpoConfig.parse({
    loop: 'online-dpo',
    rounds,
    data: { train: await writePrompts('train', 12), heldOut: await writePrompts('held-out', 4), promptsPerRound: 6 },
    policy: { baseUrl: server.baseUrl, model: 'scripted', modelPath: folder, callsInFlight: 4 },
    sampling: { samplesPerPrompt: 4, samplesPerCall: 2 },
    shards: { rows: 3, inFlight: 2 },
    store: { minFreeMb: 0 },
    training: { method: 'dpo', command: [process.execPath, FAKE_TRAINER] },
    gates,
    evaluation,
    temporal: { address: temporal.address, taskQueue: TASK_QUEUE },
  });
  const run = { runName: 'same', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  return temporal.client.workflow.start<typeof onlineDpoWorkflow>('onlineDpoWorkflow', {
    workflowId,
    taskQueue: `${TASK_QUEUE}-workflow`,
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

/** All rows of one kind of a round's samples. */
async function readSamples<Row extends object>(round: number, kind: 'prompts' | 'rollouts'): Promise<readonly Row[]> {
  const store = createLocalArtifactStore({ root: join(folder, 'store') });
  const names = await store.list(`same/round-00${round}/sample/${kind}/`);
  return (await Promise.all(names.map(async (name) => (await readArtifact<Row>(store, name)).rows))).flat();
}

async function policiesOf(round: number): Promise<readonly string[]> {
  return [...new Set((await readSamples<Rollout>(round, 'rollouts')).map(({ policy }) => policy))];
}

async function readReport(path: string): Promise<OnlineDpoReport> {
  return JSON.parse(await readFile(path, 'utf8')) as OnlineDpoReport;
}

async function untilWaiting(handle: Awaited<ReturnType<typeof start>>, round: number): Promise<readonly string[]> {
  for (;;) {
    const { awaits } = await handle.query(progressQuery).catch(() => ({ awaits: null }));
    if (awaits?.round === round) return awaits.lines;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('rounds of training', () => {
  it('go back to the best version after a worse round, and return the best one', async () => {
    quality = (round) => (['half', 'none', 'all'] as const)[round] ?? 'half';
    const result = await (await start('rolled-back', { heldOut: { maxDrop: 0.1 } })).result();
    expect(result.best).toMatchObject({ round: 2, mean: 1 });
    // Round 2 builds on the base again, not on the round that was rolled back.
    expect(await policiesOf(2)).toEqual(['base:scripted']);
    expect([...server.adapters.keys()].map(roundOf)).toEqual([2]);
    const report = await readReport(result.reportJson);
    expect(report.bestRound).toBe(2);
    expect(report.rounds.map(({ gates }) => gates?.outcome)).toEqual(['rolled-back', 'accepted']);
    // All four prompts fall from 0.5 to 0.
    expect(report.rounds[0]?.gates?.findings[0]).toMatchObject({ gate: 'heldOut', passed: false, measured: -0.5 });
  });

  it('are scored on tasks and compared with the initial policy in both orders, and go back by that', async () => {
    const tasks = join(folder, 'tasks.jsonl');
    await writeTasks(tasks, 4);
    // The base is fair (score 5, adjusted 0), round 1 is poor, which is one step worse, round 2 superb.
    answerTask = (model) => (['a fair answer', 'a poor answer', 'a superb answer'] as const)[roundOf(model)] ?? 'none';
    const judge = { baseUrl: server.baseUrl, model: 'scripted', callsInFlight: 4 };
    const gates = { wildbench: { measure: 'reward', maxDrop: 0.2 } };
    const handle = await start('tasks', gates, 2, { wildbench: { tasks, judge, sampling: { maxTokens: 16 } } });
    const result = await handle.result();
    const report = await readReport(result.reportJson);
    expect(report.evaluations.map(({ tasks: of }) => [of?.scores?.interval?.mean, of?.scores?.interval?.n])).toEqual([
      [0, 4],
      [-4, 4],
      [8, 4],
    ]);
    expect(report.evaluations[0]?.tasks).toMatchObject({
      tasks: 4,
      initialRound: 0,
      reward: null,
      scores: { change: null },
    });
    // Four tasks in two orders: slightly worse is -0.5 each, much better is 1.
    expect(report.evaluations[1]?.tasks).toMatchObject({
      scores: { change: { mean: -4, n: 4 }, missing: 0, unreadable: 0 },
      reward: { reward: -0.5, low: -0.5, tasks: 4, counted: 8, counts: { lose: 8 }, consistency: { sameWinner: 4 } },
    });
    expect(report.evaluations[2]?.tasks?.reward).toMatchObject({ reward: 1, counts: { win_much: 8 } });
    expect(report.rounds.map(({ gates: of }) => of?.outcome)).toEqual(['rolled-back', 'accepted']);
    expect(report.rounds[0]?.gates?.findings[0]?.text).toContain('WB-Reward against the initial policy is -0.500');
    const page = await readFile(result.reportHtml, 'utf8');
    expect(page).toContain('WildBench: answers to tasks');
    expect(page).toContain('4 of 4');
    expect(report.calls.map(({ stage, sent }) => [stage, sent])).toContainEqual(['round-001/tasks', 4 + 4 + 8]);
  });

  it('measure the divergence from the base on what they drew, and go back when it is too large', async () => {
    // Every drawn token has log-probability -0.5; the base gives it -1 to -1.75 by its number.
    const result = await (
      await start('diverged', { kl: { maxNats: 0.1, tokensPerAnswer: 2, onFail: 'roll-back' } })
    ).result();
    const report = await readReport(result.reportJson);
    expect(report.evaluations[0]?.kl).toBeNull();
    // Four prompts x 2 answers x 2 tokens.
    expect(report.evaluations[1]?.kl).toMatchObject({
      reference: 'base:scripted',
      answers: 8,
      tokens: 16,
      k1: { n: 4 },
    });
    const k3 = report.evaluations[1]?.kl?.k3?.mean ?? Number.NaN;
    // Between the estimates of log-ratios of -0.5 and -1.25: e^-0.5 - 1 + 0.5 = 0.107, e^-1.25 - 1 + 1.25 = 0.537.
    expect(k3).toBeGreaterThan(0.106);
    expect(k3).toBeLessThan(0.537);
    expect(report.rounds.map(({ gates: of }) => of?.outcome)).toEqual(['rolled-back', 'rolled-back']);
    expect(await readFile(result.reportHtml, 'utf8')).toContain('KL from base, nats a token (k3)');
  });

  it('refuse a task that is trained on', async () => {
    const tasks = join(folder, 'tasks.jsonl');
    const conversation_input = [{ role: 'user', content: 'train prompt ' }];
    const task = { session_id: 'leak', conversation_input, checklist: ['Good?'], primary_tag: 'Math' };
    await writeFile(tasks, `${JSON.stringify(task)}\n`);
    const judge = { baseUrl: server.baseUrl, model: 'scripted' };
    const handle = await start('leaking', {}, 1, { wildbench: { tasks, judge } });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { cause: { message: expect.stringContaining('a held-out prompt must not be trained on') } },
    });
  });

  it('use each prompt once before any twice', async () => {
    await (await start('drawn', {})).result();
    const drawn = [...(await readSamples<PromptRow>(1, 'prompts')), ...(await readSamples<PromptRow>(2, 'prompts'))];
    expect(drawn).toHaveLength(12);
    expect(new Set(drawn.map(({ promptId }) => promptId)).size).toBe(12);
  });

  it('wait for a person, also over the death of the worker, and do as they say', async () => {
    const handle = await start('asked', { askEveryRound: true });
    await expect(handle.executeUpdate(answerUpdate, { args: ['approve'] })).rejects.toThrow();
    const [line] = await untilWaiting(handle, 1);
    expect(line).toBe('approval FAILED: gates.askEveryRound: a person looks at every round.');
    await worker?.kill('SIGKILL');
    worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
    expect(await handle.executeUpdate(answerUpdate, { args: ['approve'] })).toBe(1);
    await untilWaiting(handle, 2);
    expect(await handle.executeUpdate(answerUpdate, { args: ['reject'] })).toBe(2);
    const result = await handle.result();
    const report = await readReport(result.reportJson);
    expect(report.rounds.map(({ gates }) => [gates?.answer, gates?.outcome])).toEqual([
      ['approve', 'accepted'],
      ['reject', 'rolled-back'],
    ]);
    expect((await policiesOf(2)).map(roundOf)).toEqual([1]);
    // A second life of the run finds the answers and asks nobody.
    expect((await (await start('asked', { askEveryRound: true })).result()).status).toBe('done');
  });

  it('end before their time where a gate says so, done and with the best version', async () => {
    quality = (round) => (round === 2 ? 'none' : 'half');
    const result = await (await start('ended', { heldOut: { onFail: 'stop' } }, 3)).result();
    expect(result).toMatchObject({ status: 'done', best: { round: 0, mean: 0.5 } });
    expect(result.summary[0]).toContain('ended after round 2 by its gates: Held-out judge rate changed by -0.500');
    expect((await readReport(result.reportJson)).rounds.map(({ gates }) => gates?.outcome)).toEqual([
      'accepted',
      'stopped',
    ]);
  });

  it('wait for a model server that is gone, load and probe its adapter again, and mix no policies', async () => {
    let chats = 0;
    onChat = (model) => {
      if (roundOf(model) !== 1) return undefined;
      chats += 1;
      // In the middle of round 2: a restarted server knows no adapter, and answers nobody at first.
      if (chats === 7) (server.adapters as Map<string, string>).clear();
      return chats >= 7 && chats < 10 ? 'reset' : undefined;
    };
    const result = await (await start('lost', {})).result();
    expect(result.status).toBe('done');
    expect((await policiesOf(2)).map(roundOf)).toEqual([1]);
    const rollouts = await readSamples<Rollout>(2, 'rollouts');
    expect(rollouts.filter(({ outcome }) => outcome.ok)).toHaveLength(6 * 4);
    const loads = server.requests.filter(({ path }) => path === '/v1/load_lora_adapter');
    expect(loads.map(({ body }) => roundOf((body as { readonly lora_name: string }).lora_name))).toEqual([1, 1, 2]);
  });
});
