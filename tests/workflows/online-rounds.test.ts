// Locks what makes rounds trustworthy: a worse round is rolled back, a person's answer is waited for and kept, and neither a
// killed worker nor a model server that forgets its adapters changes which policy a rollout comes from.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingJob } from '../../clients/trainer.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { FAKE_TRAINER, readReport, roundOf, startRoundsWorld, type RoundsWorld } from '../support/rounds-world.ts';
import type { RecordedRequest, ScriptedReply } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { judgeTruly, topicOf, writeTasks } from '../support/wildbench-world.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'online-rounds';

let temporal: TestWorkflowEnvironment;
let world: RoundsWorld;
let worker: WorkerProcess | undefined;
/** Which held-out answers a served version passes: none, half or all. */
let quality: (round: number) => 'none' | 'half' | 'all';
/** Asked first at each request. */
let intercept: (request: RecordedRequest) => ScriptedReply | undefined;
/** What a served version answers to a task. */
let answerTask: (model: string) => string;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

function answer(prompt: string, seed: number, model: string): string {
  const judged = judgeTruly(prompt);
  if (judged !== undefined) return judged;
  if (topicOf(prompt) !== 'nothing') return answerTask(model);
  const held = prompt.startsWith('held-out') ? quality(roundOf(model)) : 'half';
  const passes = held === 'all' || (held === 'half' && seed % 2 === 0);
  return passes ? `plain words about ${prompt.length}` : 'words, with commas';
}

beforeEach(async () => {
  quality = () => 'half';
  intercept = () => undefined;
  answerTask = () => 'a fair answer';
  world = await startRoundsWorld({
    temporal,
    taskQueue: TASK_QUEUE,
    trainPrompts: 12,
    answer,
    intercept: (request) => intercept(request),
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await world.close();
});

async function policiesOf(round: number): Promise<readonly string[]> {
  return [...new Set((await world.readSamples<Rollout>(round, 'rollouts')).map(({ policy }) => policy))];
}

const modelOf = ({ body }: RecordedRequest): string => (body as { readonly model?: string } | undefined)?.model ?? '';

/** What a round's trainer was asked for. */
async function readJob(round: number): Promise<TrainingJob> {
  const path = join(world.storeRoot, `work/same/round-00${round}/training/job.json`);
  return JSON.parse(await readFile(path, 'utf8')) as TrainingJob;
}

describe('rounds of training', () => {
  it('go back to the best version after a worse round, and return the best one', async () => {
    quality = (round) => (['half', 'none', 'all'] as const)[round] ?? 'half';
    const result = await (await world.start('rolled-back', { gates: { heldOut: { maxDrop: 0.1 } } })).result();
    expect(result.best).toMatchObject({ round: 2, mean: 1 });
    // Round 2 builds on the base again, not on the round that was rolled back.
    expect(await policiesOf(2)).toEqual(['base:scripted']);
    expect([...world.server.adapters.keys()].map(roundOf)).toEqual([2]);
    const report = await readReport(result);
    expect(report.bestRound).toBe(2);
    expect(report.rounds.map(({ gates }) => gates?.outcome)).toEqual(['rolled-back', 'accepted']);
    // All four prompts fall from 0.5 to 0.
    expect(report.rounds[0]?.gates?.findings[0]).toMatchObject({ gate: 'heldOut', passed: false, measured: -0.5 });
  });

  it('are scored on tasks and compared with the initial policy in both orders, and go back by that', async () => {
    const tasks = join(world.folder, 'tasks.jsonl');
    await writeTasks(tasks, 4);
    // The base is fair (score 5, adjusted 0), round 1 is poor, which is one step worse, round 2 superb.
    answerTask = (model) => (['a fair answer', 'a poor answer', 'a superb answer'] as const)[roundOf(model)] ?? 'none';
    const judge = { baseUrl: world.server.baseUrl, model: 'scripted', callsInFlight: 4 };
    const gates = { wildbench: { measure: 'reward' as const, maxDrop: 0.2 } };
    const evaluation = { wildbench: { tasks, judge, sampling: { maxTokens: 16 } } };
    const result = await (await world.start('tasks', { gates, evaluation })).result();
    const report = await readReport(result);
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
    expect(
      report.calls.flatMap(({ stage, sent }) => (stage.startsWith('round-001/tasks') ? [[stage, sent]] : [])),
    ).toEqual([
      ['round-001/tasks/rollouts', 4],
      ['round-001/tasks/scores', 4],
      ['round-001/tasks/pairs', 8],
    ]);
  });

  it('measure the divergence from the base on what they drew, and go back when it is too large', async () => {
    // Every drawn token has log-probability -0.5; the base gives it -1 to -1.75 by its number.
    const gates = { kl: { maxNats: 0.1, tokensPerAnswer: 2, onFail: 'roll-back' as const } };
    const result = await (await world.start('diverged', { gates })).result();
    const report = await readReport(result);
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
    // 16 tokens, a call each; such a call reports no usage, which is not 0.
    expect(report.calls.find(({ stage }) => stage === 'round-001/kl')).toMatchObject({
      sent: 16,
      completionTokens: null,
    });
    expect(report.rounds.map(({ gates: of }) => of?.outcome)).toEqual(['rolled-back', 'rolled-back']);
    expect(await readFile(result.reportHtml, 'utf8')).toContain('KL from base, nats a token (k3)');
  });

  it('refuse a task that is trained on', async () => {
    const tasks = join(world.folder, 'tasks.jsonl');
    const conversation_input = [{ role: 'user', content: 'train prompt ' }];
    const task = { session_id: 'leak', conversation_input, checklist: ['Good?'], primary_tag: 'Math' };
    await writeFile(tasks, `${JSON.stringify(task)}\n`);
    const judge = { baseUrl: world.server.baseUrl, model: 'scripted' };
    const handle = await world.start('leaking', { rounds: 1, evaluation: { wildbench: { tasks, judge } } });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { cause: { message: expect.stringContaining('a task of evaluation.wildbench must not be trained on') } },
    });
  });

  it('use each prompt once before any twice', async () => {
    await (await world.start('drawn')).result();
    const drawn = [
      ...(await world.readSamples<PromptRow>(1, 'prompts')),
      ...(await world.readSamples<PromptRow>(2, 'prompts')),
    ];
    expect(drawn).toHaveLength(12);
    expect(new Set(drawn.map(({ promptId }) => promptId)).size).toBe(12);
  });

  it('end before their time where a gate says so, done and with the best version', async () => {
    quality = (round) => (round === 2 ? 'none' : 'half');
    const result = await (await world.start('ended', { gates: { heldOut: { onFail: 'stop' } }, rounds: 3 })).result();
    expect(result).toMatchObject({ status: 'done', best: { round: 0, mean: 0.5 } });
    expect(result.summary[0]).toContain('ended after round 2 by its gates: Held-out judge rate changed by -0.500');
    expect((await readReport(result)).rounds.map(({ gates }) => gates?.outcome)).toEqual(['accepted', 'stopped']);
  });

  it('wait for a model server that is gone, load and probe its adapter again, and mix no policies', async () => {
    let chats = 0;
    intercept = (request) => {
      if (request.path !== '/v1/chat/completions' || roundOf(modelOf(request)) !== 1) return undefined;
      chats += 1;
      // In the middle of round 2: a restarted server knows no adapter, and answers nobody at first.
      if (chats === 7) (world.server.adapters as Map<string, string>).clear();
      return chats >= 7 && chats < 10 ? 'reset' : undefined;
    };
    const result = await (await world.start('lost')).result();
    expect(result.status).toBe('done');
    expect((await policiesOf(2)).map(roundOf)).toEqual([1]);
    const rollouts = await world.readSamples<Rollout>(2, 'rollouts');
    expect(rollouts.filter(({ outcome }) => outcome.ok)).toHaveLength(6 * 4);
    const loads = world.server.requests.filter(({ path }) => path === '/v1/load_lora_adapter');
    expect(loads.map(({ body }) => roundOf((body as { readonly lora_name: string }).lora_name))).toEqual([1, 1, 2]);
  });

  it('go on with the optimizer of the version that they start from, also after a round that was rolled back', async () => {
    quality = (round) => (['half', 'all', 'none'] as const)[round] ?? 'half';
    const training = { method: 'dpo' as const, command: [...FAKE_TRAINER], optimizer: 'kept' as const };
    await (await world.start('kept', { rounds: 3, training, gates: { heldOut: {} } })).result();
    const jobs = await Promise.all([1, 2, 3].map(readJob));
    const ofRoundOne = join(world.folder, 'store/work/same/round-001/training/checkpoints/checkpoint-2/optimizer.pt');
    // Round 2 was rolled back, so round 3 starts from round 1 again, weights and optimizer.
    expect(jobs.map(({ optimizerPath }) => optimizerPath)).toEqual([null, ofRoundOne, ofRoundOne]);
    expect(jobs.map(({ startAdapterPath }) => startAdapterPath?.split('/').at(-1) ?? null)).toEqual([
      null,
      'round-1',
      'round-1',
    ]);
    // Of the trainer's own files, which may be large, only what a later round may read is left.
    const folder = join(world.folder, 'store/work/same/round-001/training');
    expect(await readdir(join(folder, 'checkpoints'), { recursive: true })).toEqual([
      'checkpoint-2',
      'checkpoint-2/optimizer.pt',
    ]);
    expect(await readdir(folder)).not.toContain('adapter');
  });

  it('go on in a store that was moved: with its weights, its optimizer, and a server that holds the old folder', async () => {
    const training = { method: 'dpo' as const, optimizer: 'kept' as const, command: [...FAKE_TRAINER] };
    await (await world.start('moved', { rounds: 1, training })).result();
    expect([...world.server.adapters.values()]).toEqual([join(world.folder, 'store/folders/same/adapters/round-1')]);
    await world.moveStore('elsewhere');
    const result = await (await world.start('moved', { rounds: 2, training })).result();
    expect(result.status).toBe('done');
    expect(await readJob(2)).toMatchObject({
      startAdapterPath: join(world.folder, 'elsewhere/folders/same/adapters/round-1'),
      optimizerPath: join(world.folder, 'elsewhere/work/same/round-001/training/checkpoints/checkpoint-2/optimizer.pt'),
    });
    expect([...world.server.adapters.values()]).toEqual([
      join(world.folder, 'elsewhere/folders/same/adapters/round-2'),
    ]);
  });

  it('fail with the numbers when the server gives the old weights under a new name, and keep the old version in service', async () => {
    quality = (round) => (round === 1 ? 'all' : 'half');
    // In place of the second version's log-probabilities it gives those of the first.
    intercept = (request) => {
      if (request.path !== '/v1/completions' || roundOf(modelOf(request)) !== 2) return undefined;
      const [token] = (request.body as { readonly logprob_token_ids: readonly [number] }).logprob_token_ids;
      const logprobs = { top_logprobs: [{ [`token_id:${token}`]: -1 - (token % 4) / 4 + 1 / 8 }] };
      return { body: { choices: [{ index: 0, text: '', finish_reason: 'length', logprobs }], usage: {} } };
    };
    const handle = await world.start('lied-to');
    await expect(handle.result()).rejects.toThrow();
    const report = await readReport({ reportJson: join(world.folder, 'store/files/same/report/report.json') });
    expect(report.status).toBe('failed');
    // Trained to 0.25 nats a token above the base, served with 0.125: as the version before.
    expect(report.statusReason).toMatch(
      /^Adapter same-v2-\w+ was not published: served and trained log-probabilities differ by 0\.1250 nats a token \(allowed 0\.15\), served and previous ones by 0\.0000\. The previous policy stays in service\.$/,
    );
    expect([...world.server.adapters.keys()].map(roundOf)).toEqual([1]);
    expect(report.bestRound).toBe(1);
    // The server is mended: the same run goes on with the round that could not be published.
    intercept = () => undefined;
    expect((await (await world.start('lied-to')).result()).status).toBe('done');
  });
});
