// The main job on real parts: the command line, Temporal, vLLM with SmolLM2, the TRL trainer. Each is killed once, and the
// run ends as if nothing had happened, having asked again only for what was in the air.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collectProgress } from '../../cli/collect-progress.ts';
import { connectTemporal } from '../../cli/temporal-client.ts';
import type { RunProgress } from '../../domain/run-progress.ts';
import type { OnlineDpoReport } from '../../domain/report/online-dpo/online-dpo-report.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CALLS_IN_FLIGHT = 4;
const ADDRESSES = ['temporal.address=127.0.0.1:7533', 'policy.baseUrl=http://127.0.0.1:8533'];

let folder: string;
let runArguments: readonly string[];

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tickloop(...args: readonly string[]): Finished {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/tickloop.mjs', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** Starts `tickloop run`; `ended` resolves with what it printed. */
function startRun() {
  const child = spawn(process.execPath, ['cli/tickloop.mjs', 'run', ...runArguments, '--keep-stack', '--json'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]): Finished => ({ code: code as number | null, ...output }));
  return { ended, killTerminal: () => child.kill('SIGKILL') };
}

/** `undefined` while the server, the run or its worker is not there to answer. */
async function readProgress(): Promise<RunProgress | undefined> {
  try {
    const session = await connectTemporal({ address: '127.0.0.1:7533', namespace: 'default' });
    try {
      return await collectProgress(session.client, 'e2e');
    } finally {
      await session.close();
    }
  } catch {
    return undefined;
  }
}

async function untilProgress(isReached: (progress: RunProgress) => boolean): Promise<void> {
  for (;;) {
    const progress = await readProgress();
    if (progress !== undefined && isReached(progress)) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function killWorker(): Promise<void> {
  const { pid } = JSON.parse(await readFile(join(ROOT, '.tickloop/stack/worker.json'), 'utf8')) as {
    readonly pid: number;
  };
  process.kill(pid, 'SIGKILL');
}

async function killTrainer(): Promise<void> {
  const file = join(folder, 'store/work/e2e/round-001/training/process.json');
  const { pid } = JSON.parse(await readFile(file, 'utf8')) as { readonly pid: number };
  process.kill(-pid, 'SIGKILL');
}

beforeAll(async () => {
  tickloop('down');
  folder = await mkdtemp(join(tmpdir(), 'tickloop-e2e-'));
  for (const [set, count] of [
    ['train', 24],
    ['held-out', 8],
  ] as const) {
    const rows = (await readFile(join(ROOT, `configs/data/quickstart-${set}.jsonl`), 'utf8'))
      .split('\n')
      .slice(0, count);
    await writeFile(join(folder, `${set}.jsonl`), rows.map((row) => `${row}\n`).join(''));
  }
  const sets = [
    ...ADDRESSES,
    `store.root=${join(folder, 'store')}`,
    `data.train=${join(folder, 'train.jsonl')}`,
    `data.heldOut=${join(folder, 'held-out.jsonl')}`,
    'temporal.taskQueue=e2e',
    `policy.callsInFlight=${CALLS_IN_FLIGHT}`,
    'sampling.samplesPerPrompt=4',
    'sampling.samplesPerCall=2',
    'sampling.maxTokens=32',
    'evaluation.samplesPerPrompt=1',
    'evaluation.samplesPerCall=1',
    'evaluation.maxTokens=32',
    'selection.minMargin=0.5',
    'training.batchSize=1',
    'training.saveSteps=2',
    'shards.rows=12',
  ];
  runArguments = ['configs/quickstart.yaml', '--name', 'e2e', ...sets.flatMap((set) => ['--set', set])];
});

afterAll(async () => {
  tickloop('down');
  await rm(folder, { recursive: true, force: true });
});

it('survives the death of the worker while it samples and of worker and trainer while it trains', async () => {
  const first = startRun();
  await untilProgress(({ stage, stageDone }) => stage === 'sample' && stageDone > 4);
  first.killTerminal();
  await killWorker();

  const second = startRun();
  await untilProgress(({ stage, training }) => stage === 'train' && training !== null && training.step >= 3);
  second.killTerminal();
  await killWorker();
  await killTrainer();

  const third = await startRun().ended;
  expect(third.stderr).not.toContain('error ');
  expect(third.code).toBe(0);
  const { reportJson, status } = JSON.parse(third.stdout) as { readonly reportJson: string; readonly status: string };
  expect(status).toBe('done');

  const report = JSON.parse(await readFile(reportJson, 'utf8')) as OnlineDpoReport;
  const calls = report.calls.map(({ sent, answered, failed, lost }) => ({ sent, answered, failed, lost }));
  expect(calls.reduce((sum, { answered }) => sum + answered, 0)).toBe(8 + 24 * 2 + 8);
  const lost = calls.reduce((sum, stage) => sum + stage.lost, 0);
  expect(lost).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
  const [round] = report.rounds;
  expect(round?.training?.resumedFromStep).toBeGreaterThanOrEqual(2);
  expect(round?.training?.steps).toBe(round?.training?.rows);
  expect(round?.publish?.meanChange).toBeGreaterThan(0.001);
  expect(report.evaluations.map(({ round }) => round)).toEqual([0, 1]);

  // The same command again pays for nothing and says so.
  const again = await startRun().ended;
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('is done already');

  // Another config under the same name is refused as a bad config.
  const other = tickloop('run', ...runArguments, '--keep-stack', '--set', 'sampling.temperature=0.5', '--json');
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('config/run-exists');
  expect(other.stderr).toContain('sampling.temperature');
});
