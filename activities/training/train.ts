import type { Trainer } from '../../clients/trainer.ts';
import { rowRule } from '../../configs/row-rule.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { ConfigError, DataError } from '../../domain/errors.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { TrainingRow } from '../../domain/rounds/select-rows.ts';
import type { RunRef } from '../../domain/run.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServicesProvider } from '../run-services.ts';
import type { TrainedWeights } from '../serving/adopt-weights.ts';
import { trainOnce } from './train-once.ts';
import { prepareJob } from './training-job.ts';

export interface TrainInput {
  readonly run: RunRef;
  readonly round: number;
  /** Where the round starts: its weights are gone on from. */
  readonly policy: PolicyVersion;
}

/** Trains an adapter or whole weights on the rows of a round. */
export function createTrainActivities(provider: RunServicesProvider, trainer: Trainer) {
  return {
    async train({ run, round, policy }: TrainInput): Promise<TrainedWeights> {
      const services = await provider.of(run);
      const config = configOfLoop(services.config, 'online-dpo');
      const { training } = config;
      if (training === null)
        throw new ConfigError('config/unusable', 'The config says training: null, and a round was asked to train.');
      return await trainOnce(services, trainer, {
        step: 'train',
        run,
        round,
        policy,
        keepsOptimizer: training.optimizer === 'kept',
        prepare: async ({ store }) => {
          const { ref, rows } = await readArtifact<TrainingRow>(
            store,
            roundName(run.runName, round, rowRule(config).kind),
          );
          if (rows.length === 0) {
            throw new DataError(
              'data/nothing-to-train-on',
              `Round ${round} has nothing to train on: every group was equal, too close, not good enough or not judged; draw more samples, lower selection.minMargin or training.minReward, use other prompts, or set selection.whenEmpty to skip.`,
            );
          }
          const job = await prepareJob(services, { run, round, policy, config, training, rows });
          return { job, command: training.command, rows: ref };
        },
      });
    },
  };
}
