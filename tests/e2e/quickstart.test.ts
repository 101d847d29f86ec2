// The main job on real parts: the command line, Temporal, vLLM with SmolLM2, the TRL trainer. Worker, trainer and vLLM are
// killed once, and the run ends as if nothing had happened, having asked again only for what was in the air. And a vLLM that
// serves other weights than it says is found out.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { serveAndProbe, type AdapterVersion } from '../../activities/serving/serving.ts';
import { collectProgress } from '../../cli/collect-progress.ts';
import { connectTemporal } from '../../cli/temporal-client.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { TrainingResult } from '../../clients/trainer.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { RunProgress } from '../../domain/run-progress.ts';
import type { OnlineDpoReport } from '../../domain/report/online-dpo/online-dpo-report.ts';
import type { Rollout } from '../../domain/rollout.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CALLS_IN_FLIGHT = 4;
const ROUNDS = 2;
const PROMPTS_PER_ROUND = 16;
const HELD_OUT_PROMPTS = 4;
/** Four texts of a probe, sixteen tokens of each, asked of the base, of the version and of what it replaces. */
const PROBE_REQUESTS = 4 * 16 * 3;
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

async function killPart(part: 'worker' | 'vllm'): Promise<void> {
  const { pid } = JSON.parse(await readFile(join(ROOT, `.tickloop/stack/${part}.json`), 'utf8')) as {
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
    ['train', ROUNDS * PROMPTS_PER_ROUND],
    ['held-out', HELD_OUT_PROMPTS],
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
    `rounds=${ROUNDS}`,
    `data.promptsPerRound=${PROMPTS_PER_ROUND}`,
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
    'shards.rows=8',
  ];
  runArguments = ['configs/quickstart.yaml', '--name', 'e2e', ...sets.flatMap((set) => ['--set', set])];
});

afterAll(async () => {
  tickloop('down');
  await rm(folder, { recursive: true, force: true });
});

/** The run's artifacts, as any later reader would find them. */
async function openStore() {
  const storeRoot = join(folder, 'store');
  const store = createLocalArtifactStore({ root: storeRoot });
  const rowsOf = async <Row extends object>(name: string): Promise<readonly Row[]> =>
    (await readArtifact<Row>(store, `e2e/${name}`)).rows;
  const samplesOf = async <Row extends object>(
    round: number,
    kind: 'prompts' | 'rollouts',
  ): Promise<readonly Row[]> => {
    const names = await store.list(`e2e/round-00${round}/sample/${kind}/`);
    return (await Promise.all(names.map((name) => rowsOf<Row>(name.replace(/^e2e\//, ''))))).flat();
  };
  const configHash = (await store.find('e2e/round-001/policy'))?.configHash ?? '';
  return { rowsOf, samplesOf, run: { runName: 'e2e', storeRoot, configHash } };
}

it('survives the death of the worker while it samples, of worker and trainer while it trains, and of vLLM', async () => {
  const first = startRun();
  await untilProgress(({ stage, stageDone }) => stage === 'sample' && stageDone > 4);
  first.killTerminal();
  await killPart('worker');

  const second = startRun();
  await untilProgress(({ stage, training }) => stage === 'train' && training !== null && training.step >= 3);
  second.killTerminal();
  await killPart('worker');
  await killTrainer();

  const third = startRun();
  await untilProgress(({ stage, round, stageDone }) => stage === 'sample' && round === 2 && stageDone > 4);
  await killPart('vllm');
  const { code, stdout, stderr } = await third.ended;
  expect(stderr).not.toContain('error ');
  expect(code).toBe(0);
  // The command that started vLLM brought it back.
  expect(stderr).toContain('vllm died and is started again; the run waits for it');
  expect(stderr).toContain('vllm started\n');
  const { reportJson, status } = JSON.parse(stdout) as { readonly reportJson: string; readonly status: string };
  expect(status).toBe('done');

  const report = JSON.parse(await readFile(reportJson, 'utf8')) as OnlineDpoReport;
  const calls = report.calls.map(({ sent, answered, failed, lost }) => ({ sent, answered, failed, lost }));
  const sumOf = (key: keyof (typeof calls)[number]) => calls.reduce((sum, stage) => sum + stage[key], 0);
  // Held-out prompts of three versions, one call each; prompts of two rounds, two calls each.
  expect(sumOf('answered')).toBe(3 * HELD_OUT_PROMPTS + ROUNDS * PROMPTS_PER_ROUND * 2);
  expect(sumOf('lost')).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
  // Those in the air when vLLM died, and of each of the two shards those that had their turn next.
  expect(sumOf('failed')).toBeLessThanOrEqual(3 * CALLS_IN_FLIGHT);
  const [round] = report.rounds;
  expect(round?.training?.resumedFromStep).toBeGreaterThanOrEqual(2);
  for (const { training, publish } of report.rounds) {
    expect(training?.steps).toBe(training?.rows);
    expect(publish?.meanChange).toBeGreaterThan(0.001);
  }
  expect(report.evaluations.map(({ round }) => round)).toEqual([0, 1, 2]);

  const { samplesOf } = await openStore();
  const prompts = [...(await samplesOf<PromptRow>(1, 'prompts')), ...(await samplesOf<PromptRow>(2, 'prompts'))];
  expect(prompts).toHaveLength(ROUNDS * PROMPTS_PER_ROUND);
  expect(new Set(prompts.map(({ promptId }) => promptId)).size).toBe(ROUNDS * PROMPTS_PER_ROUND);
  for (const [round, policy] of [
    [1, /^base:/],
    [2, /^e2e-v1-/],
  ] as const) {
    const rollouts = await samplesOf<Rollout>(round, 'rollouts');
    expect(rollouts.filter(({ outcome }) => outcome.ok)).toHaveLength(PROMPTS_PER_ROUND * 4);
    for (const rollout of rollouts) expect(rollout.policy).toMatch(policy);
  }
  // The vLLM that came back was asked for its adapter and then probed before it was sampled.
  const log = await readFile(join(ROOT, '.tickloop/logs/vllm.log'), 'utf8');
  const asked = [...log.matchAll(/"POST (\/v1\/\S+) HTTP[^"]*" 200/g)].map(([, path]) => path);
  expect(asked[0]).toBe('/v1/load_lora_adapter');
  expect(asked.indexOf('/v1/chat/completions')).toBe(1 + PROBE_REQUESTS);

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

it('finds out a vLLM that serves the base, or the weights before, under the name of a version', async () => {
  const { rowsOf, run } = await openStore();
  const provider = createRunServicesProvider({});
  try {
    const services = await provider.of(run);
    const [first] = await rowsOf<AdapterVersion>('round-001/policy');
    const [second] = await rowsOf<AdapterVersion>('round-002/policy');
    const [whole] = await rowsOf<TrainingResult>('round-002/training');
    if (first === undefined || second === undefined || whole === undefined) throw new Error('a round is missing');
    // One text is enough, and saves a minute.
    const training = { ...whole, probes: whole.probes.slice(0, 1) };
    await services.policy.loadAdapter(first.servedModel, first.adapterPath);
    await services.policy.unloadAdapter(second.servedModel);
    const zeroed = join(folder, 'zeroed');
    await cp(second.adapterPath, zeroed, { recursive: true });
    await zeroMatrices(join(zeroed, 'adapter_model.safetensors'));
    for (const adapterPath of [zeroed, first.adapterPath]) {
      const serving = serveAndProbe(services, { ...second, adapterPath }, first.servedModel, training);
      await expect(serving).rejects.toMatchObject({ code: 'adapter/probe-mismatch' });
    }
    expect((await services.policy.models()).map(({ id }) => id)).not.toContain(second.servedModel);
    const probe = await serveAndProbe(services, second, first.servedModel, training);
    expect(probe.meanDisagreement).toBeLessThan(probe.meanChange);
  } finally {
    await provider.close();
  }
});

/** Sets all B matrices of an adapter to zero: it then adds nothing to its base. */
async function zeroMatrices(path: string): Promise<void> {
  const bytes = await readFile(path);
  // Safetensors: the length of a JSON header in 8 bytes, the header, then the tensors it points into.
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, begin).toString('utf8')) as Readonly<
    Record<string, { readonly data_offsets?: readonly [number, number] }>
  >;
  for (const [name, { data_offsets: offsets }] of Object.entries(header)) {
    if (offsets !== undefined && name.includes('lora_B')) bytes.fill(0, begin + offsets[0], begin + offsets[1]);
  }
  await writeFile(path, bytes);
}
