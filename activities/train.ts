import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cancellationSignal, Context } from '@temporalio/activity';
import type { DpoJob, DpoResult, Trainer, TrainerEvent } from '../clients/trainer.ts';
import { configOfLoop } from '../configs/stage-sampling.ts';
import { roundName } from '../domain/artifact-names.ts';
import { ConfigError, DataError, TrainerError } from '../domain/errors.ts';
import { policyStamp, type PolicyVersion } from '../domain/policy-version.ts';
import type { PreferencePair } from '../domain/preference-pair.ts';
import { callSeed } from '../domain/random.ts';
import type { RunRef } from '../domain/run.ts';
import { startHeartbeats } from './heartbeats.ts';
import { readArtifact } from './read-artifact.ts';
import type { RunServices, RunServicesProvider } from './run-services.ts';

export interface TrainInput {
  readonly run: RunRef;
  readonly round: number;
  /** Where the round starts: its adapter is gone on from. */
  readonly policy: PolicyVersion;
}

/** The new weights, before anyone has served them. */
export interface TrainedAdapter {
  readonly adapterPath: string;
  readonly adapterHash: string;
}

/** A step of a training. */
export type StepEvent = Extract<TrainerEvent, { event: 'step' }>;

/** How many pairs lend their chosen answers to the probe. */
const PROBE_COUNT = 4;

/** Trains an adapter on the pairs of a round, in a process of its own that outlives this worker. */
export function createTrainActivities(provider: RunServicesProvider, trainer: Trainer) {
  return {
    async train({ run, round, policy }: TrainInput): Promise<TrainedAdapter> {
      const services = await provider.of(run);
      const { store } = services;
      const name = roundName(run.runName, round, 'training');
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as TrainedAdapter;

      const pairs = await readArtifact<PreferencePair>(store, roundName(run.runName, round, 'pairs'));
      if (pairs.rows.length === 0) {
        throw new DataError(
          'data/no-pairs',
          `Round ${round} has no preference pair to train on: every group was equal, too close or not judged; draw more samples, lower selection.minMargin or use harder prompts.`,
        );
      }
      const job = await prepareJob(services, run, round, policy, pairs.rows);
      const result = await runTrainer(trainer, services, job);
      const curve = await readCurve(job.outputDir);
      await store.write({
        name: roundName(run.runName, round, 'curve'),
        schema: 'training-step',
        step: 'train',
        parents: [pairs.ref],
        configHash: run.configHash,
        policy: pairs.manifest.policy,
        shards: [curve],
        summary: {},
      });
      if (result.adapterDir === null) {
        throw new TrainerError(
          'trainer/no-result',
          `The trainer was asked for an adapter and its result.json in ${job.outputDir} names none; remove that folder.`,
        );
      }
      const adapter = await store.adoptFolder(result.adapterDir, `${run.runName}/adapters/round-${round}`);
      const trained: TrainedAdapter = { adapterPath: adapter.path, adapterHash: adapter.contentHash };
      await store.write({
        name,
        schema: 'training-result',
        step: 'train',
        parents: [pairs.ref],
        configHash: run.configHash,
        policy: policyStamp(policy),
        shards: [[{ ...result, adapterDir: `adapters/round-${round}` }]],
        summary: { ...trained },
      });
      return trained;
    },
  };
}

async function prepareJob(
  { store, config: runConfig }: RunServices,
  run: RunRef,
  round: number,
  policy: PolicyVersion,
  pairs: readonly PreferencePair[],
): Promise<DpoJob> {
  const config = configOfLoop(runConfig, 'online-dpo');
  if (config.training === null)
    throw new ConfigError('config/unusable', 'The config says training: null, and a round was asked to train.');
  const { command: _command, method, ...hyperparameters } = config.training;
  const outputDir = await store.workFolder(roundName(run.runName, round, 'training'));
  const pairsPath = join(outputDir, 'pairs.jsonl');
  await writeFile(pairsPath, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
  return {
    schemaVersion: 1,
    method,
    baseModelPath: resolve(config.policy.modelPath),
    startAdapterPath: policy.adapterPath,
    pairsPath,
    outputDir,
    seed: callSeed({ seed: config.seed, stage: 'train', round, promptId: '', sampleIndex: 0 }),
    hyperparameters,
    probes: pairs.slice(0, PROBE_COUNT).map(({ prompt, chosen }) => [...prompt, ...chosen]),
  };
}

async function runTrainer(trainer: Trainer, { config }: RunServices, job: DpoJob): Promise<DpoResult> {
  let latest: StepEvent | undefined;
  const stopHeartbeats = startHeartbeats(() => ({
    done: latest?.step ?? 0,
    total: latest?.totalSteps ?? 0,
    calls: 0,
    promptTokens: 0,
    completionTokens: 0,
    ...(latest?.margin === undefined ? {} : { training: { loss: latest.loss, margin: latest.margin } }),
  }));
  try {
    return await trainer.run(job, {
      command: configOfLoop(config, 'online-dpo').training?.command,
      signal: cancellationSignal(),
      leaveRunning: () => Context.current().cancellationDetails?.workerShutdown === true,
      onProgress: (event) => {
        latest = event;
      },
    });
  } finally {
    stopHeartbeats();
  }
}

/** Step events of all attempts, one a step: a step that was repeated after a resume counts as it was last run. */
export async function readCurve(outputDir: string): Promise<readonly StepEvent[]> {
  const steps = new Map<number, StepEvent>();
  for (const line of (await readFile(join(outputDir, 'events.jsonl'), 'utf8')).split('\n')) {
    const event = parseEvent(line);
    if (event?.event === 'step') steps.set(event.step, event);
  }
  return [...steps.values()].toSorted((a, b) => a.step - b.step);
}

function parseEvent(line: string): TrainerEvent | undefined {
  try {
    return JSON.parse(line) as TrainerEvent;
  } catch {
    return undefined; // a line torn by a kill
  }
}
