// Locks that a round which waits is decided by a person, through the command line, once.
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Rollout } from '../../domain/rollout.ts';
import { readReport, roundOf, startRoundsWorld, untilWaiting, type RoundsWorld } from '../support/rounds-world.ts';
import { runTickloop } from '../support/run-tickloop.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'approvals';

let temporal: TestWorkflowEnvironment;
let world: RoundsWorld;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  world = await startRoundsWorld({
    temporal,
    taskQueue: TASK_QUEUE,
    trainPrompts: 18,
    // The first version is better than the base, and the later ones no better than it.
    answer: (prompt, seed, model) =>
      seed % 2 === 0 || (prompt.startsWith('held-out') && roundOf(model) > 0)
        ? `plain words about ${prompt.length}`
        : 'words, with commas',
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await world.close();
});

async function replaceWorker(): Promise<void> {
  await worker?.kill('SIGKILL');
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
}

const tickloop = (command: string, run: string, ...flags: readonly string[]) =>
  runTickloop([command, run, '--address', temporal.address, ...flags]);

it('waits for each round, does as a person says, and asks nobody twice, whatever dies in between', async () => {
  const gates = { askEveryRound: true, length: { maxRatio: 1.5 } };
  const handle = await world.start('run/asked', { rounds: 3, gates });
  expect(await untilWaiting(handle)).toBe(1);
  expect((await tickloop('status', 'asked')).stdout).toMatch(
    /^Run asked: waiting, round 1 of 3, gates, round 1 waits for `tickloop approve asked` or `tickloop reject asked`/,
  );
  await replaceWorker();
  const approved = await tickloop('approve', 'asked');
  expect(approved).toMatchObject({ code: 0, stderr: '' });
  expect(approved.stdout.split('\n')).toEqual([
    'approval FAILED: gates.askEveryRound: a person looks at every round.',
    expect.stringMatching(
      /^length passed: Held-out answers are 1\.\d\d times as long as the base's \(\d+ characters over 8/,
    ),
    'Round 1 of run asked: approve was sent, the next round builds on it.',
    '',
  ]);
  // The answer is in nobody's hands but Temporal's and the store's.
  await replaceWorker();
  expect(await untilWaiting(handle)).toBe(2);
  const rejected = await tickloop('reject', 'asked', '--json');
  expect(rejected.code).toBe(0);
  expect(JSON.parse(rejected.stdout)).toMatchObject({ runName: 'asked', round: 2, answer: 'reject' });
  await replaceWorker();
  expect(await untilWaiting(handle)).toBe(3);
  expect((await tickloop('approve', 'asked')).code).toBe(0);

  const result = await handle.result();
  expect((await readReport(result)).rounds.map(({ gates }) => [gates?.answer, gates?.outcome])).toEqual([
    ['approve', 'accepted'],
    ['reject', 'rolled-back'],
    ['approve', 'accepted'],
  ]);
  // Rounds 2 and 3 both build on round 1.
  for (const round of [2, 3]) {
    const rollouts = await world.readSamples<Rollout>(round, 'rollouts');
    expect(new Set(rollouts.map(({ policy }) => roundOf(policy)))).toEqual(new Set([1]));
  }
  // A second life of the run finds the answers.
  expect((await (await world.start('run/asked', { rounds: 3, gates })).result()).status).toBe('done');
}, 300_000);

it('says that nothing waits, with exit code 1, while a run is at work and when it has ended', async () => {
  const handle = await world.start('run/free', { rounds: 1 });
  expect(await tickloop('approve', 'free')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Run free waits for no answer (running): nothing to approve.\n',
  });
  await handle.result();
  expect(await tickloop('reject', 'free')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Run free waits for no answer (done): nothing to reject.\n',
  });
});

it('says of a run that was stopped that it is, wherever it is asked', async () => {
  const handle = await world.start('run/same', { rounds: 3, gates: { askEveryRound: true } });
  await untilWaiting(handle);
  expect((await tickloop('stop', 'same')).code).toBe(0);
  expect((await handle.result()).status).toBe('stopped');
  expect((await tickloop('status', 'same')).stdout).toMatch(/^Run same: stopped, started .+, ended /);
  const { startedAt, endedAt } = JSON.parse((await tickloop('status', 'same', '--json')).stdout) as {
    readonly startedAt: string;
    readonly endedAt: string;
  };
  expect((await tickloop('pause', 'same')).stderr).toBe('Run same is not running (stopped): nothing to pause.\n');
  const listed = await runTickloop(['list', '--address', temporal.address]);
  expect(listed.stdout).toMatch(/^same +stopped +\d{4}-/m);
  const reported = await tickloop('report', 'same', '--json');
  expect(reported.code).toBe(0);
  expect(await readReport(JSON.parse(reported.stdout) as { readonly reportJson: string })).toMatchObject({
    status: 'stopped',
    statusReason: 'the run was stopped',
    timing: { startedAt, finishedAt: endedAt, seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 },
    rounds: [{ round: 1, gates: { outcome: null } }],
  });
});
