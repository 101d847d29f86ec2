import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cancellationSignal, Context } from '@temporalio/activity';
import type { Trainer, TrainerEvent, TrainingJob, TrainingResult } from '../../clients/trainer.ts';
import { rowRule } from '../../configs/row-rule.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { ConfigError, DataError } from '../../domain/errors.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import type { TrainingRow } from '../../domain/rounds/select-rows.ts';
import type { RunRef } from '../../domain/run.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { adoptWeights, type TrainedWeights } from '../serving/adopt-weights.ts';
import { tidyTraining } from './tidy-training.ts';
import { prepareJob } from './training-job.ts';

export interface TrainInput {
  readonly run: RunRef;
  readonly round: number;
  /** Where the round starts: its weights are gone on from. */
  readonly policy: PolicyVersion;
}

/** A step of a training. */
export type StepEvent = Extract<TrainerEvent, { event: 'step' }>;

/** Trains an adapter or whole weights on the rows of a round, in a process of its own that outlives this worker. */
export function createTrainActivities(provider: RunServicesProvider, trainer: Trainer) {
  return {
    async train({ run, round, policy }: TrainInput): Promise<TrainedWeights> {
      const services = await provider.of(run);
      const { store } = services;
      const name = roundName(run.runName, round, 'training');
      const config = configOfLoop(services.config, 'online-dpo');
      const { training } = config;
      const tidy = () => tidyTraining(services, run, round, training?.optimizer === 'kept');
      const existing = await store.find(name);
      if (existing !== undefined) {
        await tidy();
        return existing.summary as unknown as TrainedWeights;
      }
      if (training === null)
        throw new ConfigError('config/unusable', 'The config says training: null, and a round was asked to train.');
      const selected = await readArtifact<TrainingRow>(store, roundName(run.runName, round, rowRule(config).kind));
      const { ref, rows } = selected;
      if (rows.length === 0) {
        throw new DataError(
          'data/nothing-to-train-on',
          `Round ${round} has nothing to train on: every group was equal, too close, not good enough or not judged; draw more samples, lower selection.minMargin or training.minReward, use other prompts, or set selection.whenEmpty to skip.`,
        );
      }
      const job = await prepareJob(services, { run, round, policy, config, training, rows });
      const result = await runTrainer(trainer, services, job);
      const curve = await readCurve(job.outputDir);
      await store.write({
        name: roundName(run.runName, round, 'curve'),
        schema: 'training-step',
        step: 'train',
        parents: [ref],
        configHash: run.configHash,
        policy: selected.manifest.policy,
        shards: [curve],
        summary: {},
      });
      const { trained, recorded } = await adoptWeights(store, run, round, job, result);
      await store.write({
        name,
        schema: 'training-result',
        step: 'train',
        parents: [ref],
        configHash: run.configHash,
        policy: policyStamp(policy),
        shards: [[recorded]],
        summary: { ...trained },
      });
      await tidy();
      return trained;
    },
  };
}

async function runTrainer(trainer: Trainer, { config }: RunServices, job: TrainingJob): Promise<TrainingResult> {
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
