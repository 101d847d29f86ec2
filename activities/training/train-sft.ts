import { resolve } from 'node:path';
import type { SftJob, Trainer, TrainingRow } from '../../clients/trainer.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { boltName, roundName } from '../../domain/artifact-names.ts';
import { SFT_ROUND } from '../../domain/bolt/online-config.ts';
import type { SftRow } from '../../domain/bolt/sft-row.ts';
import { DataError } from '../../domain/errors.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import { callSeed } from '../../domain/random.ts';
import type { RunRef } from '../../domain/run.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import type { TrainedWeights } from '../serving/adopt-weights.ts';
import { trainOnce } from './train-once.ts';
import { writeTrainingRows } from './training-job.ts';

export interface TrainSftInput {
  readonly run: RunRef;
  readonly policy: PolicyVersion;
}

/** How many rows lend their text to the probe. */
const PROBE_COUNT = 4;

/** Trains an adapter or whole weights on bootstrapped rows. */
export function createTrainSftActivities(provider: RunServicesProvider, trainer: Trainer) {
  return {
    async trainSft({ run, policy }: TrainSftInput): Promise<TrainedWeights> {
      const services = await provider.of(run);
      return await trainOnce(services, trainer, {
        step: 'train-sft',
        run,
        round: SFT_ROUND,
        policy,
        // The rounds may go on with the state of the optimizer, those of a later run too.
        keepsOptimizer: true,
        prepare: async ({ store, config }) => {
          const { ref, rows } = await readArtifact<SftRow>(store, boltName(run.runName, 'sft-rows'));
          if (rows.length === 0) {
            throw new DataError(
              'data/no-rows',
              'There is no row to train on: no response followed the format and passed the cut; see the yield by format code.',
            );
          }
          const job = await prepareJob(services, run, policy, rows);
          return { job, command: configOfLoop(config, 'bolt').sft.command, rows: ref };
        },
      });
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
