import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { z } from 'zod';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { onlineDpoConfig } from '../../configs/schema/online-dpo.ts';
import type { Item } from '../../domain/checklist.ts';
import type { OnlineDpoReport } from '../../domain/report/online-dpo/online-dpo-report.ts';
import { progressQuery } from '../../workflows/loop-control.ts';
import type { onlineDpoWorkflow } from '../../workflows/online-dpo.ts';
import { writeCheckpoint } from './write-checkpoint.ts';
import { startScriptedModelServer, type ScriptedModelServerOptions } from './scripted-model-server.ts';

/** Command of the trainer that trains nothing. */
export const FAKE_TRAINER: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('fake-trainer.cjs', import.meta.url)),
];

/** Tokens that the probe of a fake-trained adapter compares. */
export const PROBED_TOKENS = 16;

/** Name of the version in a folder, which `roundOf` understands. */
const nameCheckpoint = (path: string): string => {
  const round = /checkpoints\/round-(\d+)$/.exec(path)?.[1];
  return round === undefined ? 'scripted' : `same-v${round}-whole`;
};

/** The round of a served version; 0 for the base. */
export const roundOf = (model: string): number => Number(/-v(\d+)-/.exec(model)?.[1] ?? 0);

const NO_COMMA: Item = { question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } };

type OnlineDpoInput = z.input<typeof onlineDpoConfig>;
type RunHandle = {
  query(query: typeof progressQuery): Promise<{ readonly awaits: { readonly round: number } | null }>;
};

export interface RoundsWorldOptions {
  readonly temporal: TestWorkflowEnvironment;
  readonly taskQueue: string;
  readonly trainPrompts: number;
  /** Pure in its arguments; a prompt begins with the name of its set. */
  readonly answer: (prompt: string, seed: number, model: string) => string;
  readonly intercept?: NonNullable<ScriptedModelServerOptions['intercept']>;
  /** Of every answer; 5 by default. */
  readonly delayMs?: number;
  /** Asked of every prompt; that there is no comma, by default. */
  readonly item?: Item;
  /** Whether the server takes whole weights, as vLLM in development mode. */
  readonly takesWeights?: boolean;
}

/**
 * A folder with prompts and a store, and a scripted server whose versions are what the fake trainer says it has trained.
 * Runs are all named `same`: what tells them apart is their workflow id and their world.
 */
export async function startRoundsWorld({
  temporal,
  taskQueue,
  trainPrompts,
  answer,
  intercept,
  item = NO_COMMA,
  takesWeights = false,
  delayMs = 5,
}: RoundsWorldOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'tickloop-rounds-'));
  await writeCheckpoint(join(folder, 'model'));
  const server = await startScriptedModelServer({
    ...(intercept === undefined ? {} : { intercept }),
    deterministic: {
      answer,
      model: 'scripted',
      delayMs,
      ...(takesWeights ? { nameWeights: nameCheckpoint } : {}),
      scoreToken: (model, _prefix_T, token) => -1 - (token % 4) / 4 + roundOf(model) / 8,
    },
  });
  let storeRoot = join(folder, 'store');
  const openStore = () => createLocalArtifactStore({ root: storeRoot });

  const writePrompts = async (name: string, count: number): Promise<string> => {
    const path = join(folder, `${name}.jsonl`);
    const rows = Array.from({ length: count }, (_, index) => ({
      promptId: `${name}-${index}`,
      messages: [{ role: 'user', content: `${name} prompt ${'x'.repeat(index)}` }],
      checklist: [item],
    }));
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  };
  const train = await writePrompts('train', trainPrompts);
  const heldOut = await writePrompts('held-out', 4);

  return {
    folder,
    server,
    get store() {
      return openStore();
    },
    get storeRoot() {
      return storeRoot;
    },
    /** Moves the store to another folder of this one. */
    async moveStore(name: string): Promise<void> {
      await rename(storeRoot, join(folder, name));
      storeRoot = join(folder, name);
    },
    /** Two rounds of six prompts, unless the changes say otherwise. */
    async start(workflowId: string, changes: Partial<OnlineDpoInput> = {}) {
      const config = onlineDpoConfig.parse({
        loop: 'online-dpo',
        rounds: 2,
        data: { train, heldOut, promptsPerRound: 6 },
        policy: { baseUrl: server.baseUrl, model: 'scripted', modelPath: join(folder, 'model'), callsInFlight: 4 },
        sampling: { samplesPerPrompt: 4, samplesPerCall: 2 },
        shards: { rows: 3, inFlight: 2 },
        store: { minFreeMb: 0 },
        training: { method: 'dpo', command: [...FAKE_TRAINER] },
        temporal: { address: temporal.address, taskQueue },
        ...changes,
      });
      const run = { runName: 'same', storeRoot, configHash: '0'.repeat(64) };
      const startedAtMs = Date.now();
      return temporal.client.workflow.start<typeof onlineDpoWorkflow>('onlineDpoWorkflow', {
        workflowId,
        taskQueue: `${taskQueue}-workflow`,
        args: [{ run, config, startedAtMs }],
        memo: { configHash: run.configHash, storeRoot: run.storeRoot, config, startedAtMs },
      });
    },
    /** All rows of one kind of a round's samples. */
    async readSamples<Row extends object>(round: number, kind: 'prompts' | 'rollouts'): Promise<readonly Row[]> {
      const store = openStore();
      const names = await store.list(`same/round-00${round}/sample/${kind}/`);
      return (await Promise.all(names.map(async (name) => (await readArtifact<Row>(store, name)).rows))).flat();
    },
    async close(): Promise<void> {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type RoundsWorld = Awaited<ReturnType<typeof startRoundsWorld>>;

/** The report that a result names. */
export async function readReport({ reportJson }: { readonly reportJson: string }): Promise<OnlineDpoReport> {
  return JSON.parse(await readFile(reportJson, 'utf8')) as OnlineDpoReport;
}

/** Waits until a run waits for an answer, and says for which round. */
export async function untilWaiting(handle: RunHandle): Promise<number> {
  for (;;) {
    const { awaits } = await handle.query(progressQuery).catch(() => ({ awaits: null }));
    if (awaits !== null) return awaits.round;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
