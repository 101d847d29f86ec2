import { resolve } from 'node:path';
import { cancellationSignal, Context } from '@temporalio/activity';
import type { SftJob, SftResult, Trainer, TrainingRow } from '../../clients/trainer.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { boltName, roundName } from '../../domain/artifact-names.ts';
import { SFT_ROUND } from '../../domain/bolt/online-config.ts';
import type { SftRow } from '../../domain/bolt/sft-row.ts';
import { DataError } from '../../domain/errors.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import { callSeed } from '../../domain/random.ts';
import type { RunRef } from '../../domain/run.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { adoptWeights, type TrainedWeights } from '../serving/adopt-weights.ts';
import { readCurve, type StepEvent } from './train.ts';
import { tidyTraining } from './tidy-training.ts';
import { writeTrainingRows } from './training-job.ts';

export interface TrainSftInput {
  readonly run: RunRef;
  readonly policy: PolicyVersion;
}

/** How many rows lend their text to the probe. */
const PROBE_COUNT = 4;

/** Trains an adapter or whole weights on bootstrapped rows, in a process of its own that outlives this worker. */
export function createTrainSftActivities(provider: RunServicesProvider, trainer: Trainer) {
  return {
    async trainSft({ run, policy }: TrainSftInput): Promise<TrainedWeights> {
      const services = await provider.of(run);
      const { store } = services;
      const name = roundName(run.runName, SFT_ROUND, 'training');
      // The rounds may go on with the state of the optimizer, those of a later run too.
      const tidy = () => tidyTraining(services, run, SFT_ROUND, true);
      const existing = await store.find(name);
      if (existing !== undefined) {
        await tidy();
        return existing.summary as unknown as TrainedWeights;
      }
      const rows = await readArtifact<SftRow>(store, boltName(run.runName, 'sft-rows'));
      if (rows.rows.length === 0) {
        throw new DataError(
          'data/no-rows',
          'There is no row to train on: no response followed the format and passed the cut; see the yield by format code.',
        );
      }
      const job = await prepareJob(services, run, policy, rows.rows);
      const result = await runTrainer(trainer, services, job);
      const { trained, recorded } = await adoptWeights(store, run, SFT_ROUND, job, result);
      const lineage = {
        step: 'train-sft',
        parents: [rows.ref],
        configHash: run.configHash,
        policy: policyStamp(policy),
      };
      await store.write({
        ...lineage,
        name: roundName(run.runName, SFT_ROUND, 'curve'),
        schema: 'training-step',
        shards: [await readCurve(job.outputDir)],
        summary: {},
      });
      await store.write({
        ...lineage,
        name,
        schema: 'training-result',
        shards: [[recorded]],
        summary: { ...trained },
      });
      await tidy();
      return trained;
    },
  };
}

async function prepareJob(
  { store, config }: RunServices,
  run: RunRef,
  policy: PolicyVersion,
  rows: readonly SftRow[],
): Promise<SftJob> {
  const { sft, seed, policy: endpoint } = configOfLoop(config, 'bolt');
  const { delimiters: _delimiters, command: _command, weights: _weights, microBatchSize, ...settings } = sft;
  const outputDir = await store.workFolder(roundName(run.runName, SFT_ROUND, 'training'));
  const trained = rows.map(({ prompt, completion }): TrainingRow => ({ prompt, completion }));
  const rowsPath = await writeTrainingRows(outputDir, 'rows', trained);
  return {
    schemaVersion: 1,
    method: 'sft',
    baseModelPath: resolve(endpoint.modelPath),
    startAdapterPath: policy.adapterPath,
    rowsPath,
    outputDir,
    seed: callSeed({ seed, stage: 'train', round: SFT_ROUND, promptId: '', sampleIndex: 0 }),
    hyperparameters: {
      ...settings,
      ...(microBatchSize === undefined ? {} : { microBatchSize }),
      loraRank: settings.loraRank ?? null,
      loraAlpha: settings.loraAlpha ?? null,
    },
    probes: trained.slice(0, PROBE_COUNT).map(({ prompt, completion }) => [...prompt, ...completion]),
  };
}

async function runTrainer(trainer: Trainer, { config }: RunServices, job: SftJob): Promise<SftResult> {
  let latest: StepEvent | undefined;
  const stopHeartbeats = startHeartbeats(() => ({
    done: latest?.step ?? 0,
    total: latest?.totalSteps ?? 0,
    calls: 0,
    promptTokens: 0,
    completionTokens: 0,
  }));
  try {
    return await trainer.run(job, {
      command: configOfLoop(config, 'bolt').sft.command,
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
