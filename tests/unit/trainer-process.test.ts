import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTrainerProcess } from '../../clients/trainer-process.ts';
import type { DpoJob, GrpoJob, SftJob, TrainerRunOptions } from '../../clients/trainer.ts';

const FINISHED = { schemaVersion: 1, steps: 2, pairs: 8, dropped: 1, finalLoss: 0.5, finalMargin: 0.25 };

let folder: string;
let outputDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trainer-process-'));
  outputDir = join(folder, 'out');
  // The client starts the method's script with the interpreter it is given; here that is Node.
  for (const script of ['dpo.py', 'sft.py', 'grpo.py']) {
    copyFileSync(join(import.meta.dirname, '../support/fake-trainer.cjs'), join(folder, script));
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const makeTrainer = () => createTrainerProcess({ python: process.execPath, scriptFolder: folder });

const makeJob = (behaviour: string): DpoJob => ({
  schemaVersion: 1,
  method: 'dpo',
  baseModelPath: join(folder, 'model'),
  startAdapterPath: null,
  pairsPath: join(folder, behaviour),
  outputDir,
  seed: 1,
  hyperparameters: {
    beta: 0.1,
    learningRate: 2e-4,
    epochs: 1,
    batchSize: 4,
    maxLength: 1024,
    loraRank: 16,
    loraAlpha: 32,
    saveSteps: 5,
    device: 'cpu',
  },
  probes: [],
});

const makeOptions = (extra: Partial<TrainerRunOptions> = {}): TrainerRunOptions => ({
  command: undefined,
  signal: new AbortController().signal,
  leaveRunning: () => false,
  onProgress: () => {},
  ...extra,
});

async function waitFor(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(20);
}

const countStarts = () => readFileSync(join(outputDir, 'starts'), 'utf8').trim().split('\n').length;

function groupLives(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

const readGroup = () => (JSON.parse(readFileSync(join(outputDir, 'process.json'), 'utf8')) as { pid: number }).pid;

test('a finished job gives its result and its last whole step event', async () => {
  const steps: (number | undefined)[] = [];
  const result = await makeTrainer().run(
    makeJob('finish'),
    makeOptions({ onProgress: (latest) => void steps.push(latest?.step) }),
  );
  expect(result).toMatchObject(FINISHED);
  expect(steps.at(-1)).toBe(2);
  expect(readFileSync(join(outputDir, 'exit-code'), 'utf8')).toBe('0\n');
});

test('each method has its script, and its result has the fields of the method', async () => {
  const { pairsPath, ...base } = makeJob('finish');
  const { beta: _beta, ...hyperparameters } = base.hyperparameters;
  const sft: SftJob = { ...base, method: 'sft', rowsPath: pairsPath, outputDir: join(folder, 'sft'), hyperparameters };
  const grpo: GrpoJob = {
    ...base,
    method: 'grpo',
    groupsPath: pairsPath,
    outputDir: join(folder, 'grpo'),
    hyperparameters: { ...hyperparameters, algorithm: 'rloo' },
  };
  expect((await makeTrainer().run(sft, makeOptions())).evalLossBefore).toBe(2);
  expect((await makeTrainer().run(grpo, makeOptions())).groupsWithoutSignal).toBe(3);
  expect(readFileSync(join(folder, 'sft', 'script'), 'utf8')).toBe('sft.py');
  expect(readFileSync(join(folder, 'grpo', 'script'), 'utf8')).toBe('grpo.py');
});

test('the trainer does not see variables that look like secrets', async () => {
  vi.stubEnv('SOME_API_KEY', 'x');
  vi.stubEnv('HF_TOKEN', 'x');
  vi.stubEnv('TOKENIZERS_PARALLELISM', 'false');
  await makeTrainer().run(makeJob('finish'), makeOptions());
  const seen = JSON.parse(readFileSync(join(outputDir, 'environment.json'), 'utf8')) as Record<string, string>;
  expect(seen['SOME_API_KEY']).toBeUndefined();
  expect(seen['HF_TOKEN']).toBeUndefined();
  expect(seen['TOKENIZERS_PARALLELISM']).toBe('false');
  expect(seen['HF_HUB_OFFLINE']).toBe('1');
});

test('a finished result is returned without a start', async () => {
  await makeTrainer().run(makeJob('finish'), makeOptions());
  const again = createTrainerProcess({ python: '/nowhere/python', scriptFolder: '/nowhere' });
  expect(await again.run(makeJob('finish'), makeOptions())).toMatchObject(FINISHED);
  expect(countStarts()).toBe(1);
});

test('a failed trainer is a retryable error with its exit code and the last 20 lines of stderr', async () => {
  const error: unknown = await makeTrainer()
    .run(makeJob('fail'), makeOptions())
    .catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'trainer/exit', retryable: true, details: { exitCode: 1 } });
  const lines = (error as Error).message.split('\n').slice(1);
  expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 11}`));
});

test('exit code 2 is a bad job that is not tried again', async () => {
  await expect(makeTrainer().run(makeJob('refuse'), makeOptions())).rejects.toMatchObject({
    code: 'trainer/bad-job',
    retryable: false,
    message: 'The trainer refused its job: The job is wrong at $.seed.',
  });
});

test('exit code 0 without a result is an error', async () => {
  await expect(makeTrainer().run(makeJob('vanish'), makeOptions())).rejects.toMatchObject({
    code: 'trainer/no-result',
  });
});

test('an exit code of an earlier attempt is not taken for the next one', async () => {
  await makeTrainer()
    .run(makeJob('fail'), makeOptions())
    .catch(() => undefined);
  rmSync(join(outputDir, 'job.json'));
  expect(await makeTrainer().run(makeJob('finish'), makeOptions())).toMatchObject(FINISHED);
});

test('a folder with another job is refused', async () => {
  await makeTrainer().run(makeJob('finish'), makeOptions());
  await expect(makeTrainer().run({ ...makeJob('finish'), seed: 2 }, makeOptions())).rejects.toMatchObject({
    code: 'trainer/bad-job',
  });
});

test('a folder that was moved with its store goes on with its job, which then names the paths of today', async () => {
  const jobIn = (store: string): DpoJob => ({
    ...makeJob('finish'),
    outputDir: join(folder, store, 'work/out'),
    pairsPath: join(folder, store, 'work/out/finish'),
    startAdapterPath: join(folder, store, 'folders/adapter'),
  });
  await makeTrainer().run(jobIn('old'), makeOptions());
  renameSync(join(folder, 'old'), join(folder, 'new'));
  const moved = jobIn('new');
  await expect(makeTrainer().run({ ...moved, seed: 2 }, makeOptions())).rejects.toMatchObject({
    code: 'trainer/bad-job',
  });
  await expect(
    makeTrainer().run({ ...moved, startAdapterPath: join(folder, 'new/folders/other') }, makeOptions()),
  ).rejects.toMatchObject({ code: 'trainer/bad-job' });
  expect(await makeTrainer().run(moved, makeOptions())).toMatchObject(FINISHED);
  expect(JSON.parse(readFileSync(join(moved.outputDir, 'job.json'), 'utf8'))).toEqual(moved);
});

test('a missing interpreter is told with the way to install it', async () => {
  const trainer = createTrainerProcess({ python: join(folder, 'no-python'), scriptFolder: folder });
  await expect(trainer.run(makeJob('finish'), makeOptions())).rejects.toMatchObject({
    code: 'trainer/unavailable',
    message: expect.stringContaining('npm run setup') as string,
  });
  mkdirSync(join(folder, 'other'));
  const elsewhere = { ...makeJob('finish'), outputDir: join(folder, 'other') };
  await expect(trainer.run(elsewhere, makeOptions({ command: ['no-such-launcher', 'launch'] }))).rejects.toMatchObject({
    code: 'trainer/unavailable',
  });
});

test('a trainer that a leaving worker left running is adopted and not started twice', async () => {
  const first = new AbortController();
  const left = makeTrainer().run(makeJob('wait'), makeOptions({ signal: first.signal, leaveRunning: () => true }));
  await Promise.all([
    expect(left).rejects.toThrow('worker shuts down'),
    waitFor(join(outputDir, 'starts')).then(() => first.abort(new Error('worker shuts down'))),
  ]);
  expect(groupLives(readGroup())).toBe(true);

  const adopted = makeTrainer().run(makeJob('wait'), makeOptions());
  writeFileSync(join(outputDir, 'go'), '');
  expect(await adopted).toMatchObject(FINISHED);
  expect(countStarts()).toBe(1);
});

test('a cancel lets the trainer save and waits until the whole group is gone', async () => {
  const controller = new AbortController();
  const run = makeTrainer().run(makeJob('stubborn'), makeOptions({ signal: controller.signal }));
  await Promise.all([
    expect(run).rejects.toThrow('cancelled'),
    waitFor(join(outputDir, 'starts')).then(() => sleep(200).then(() => controller.abort(new Error('cancelled')))),
  ]);
  expect(existsSync(join(outputDir, 'saved'))).toBe(true);
  expect(readFileSync(join(outputDir, 'exit-code'), 'utf8')).toBe('143\n');
  expect(groupLives(readGroup())).toBe(false);
});

test('a wrapper that was killed is reported, and the trainer below it ends too', async () => {
  const run = makeTrainer().run(makeJob('wait'), makeOptions());
  await Promise.all([
    expect(run).rejects.toMatchObject({ code: 'trainer/exit', details: { exitCode: null } }),
    waitFor(join(outputDir, 'starts'))
      .then(() => waitFor(join(outputDir, 'process.json')))
      .then(() => process.kill(readGroup(), 'SIGKILL')),
  ]);
  expect(groupLives(readGroup())).toBe(false);
});
