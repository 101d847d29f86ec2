import { cancellationSignal, Context } from '@temporalio/activity';
import type { Trainer, TrainingJob, TrainingResult } from '../../clients/trainer.ts';
import { roundName } from '../../domain/artifact-names.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import type { RunRef } from '../../domain/run.ts';
import { startHeartbeats, withHeartbeats } from '../heartbeats.ts';
import type { RunServices } from '../run-services.ts';
import { adoptWeights, type TrainedWeights } from '../serving/adopt-weights.ts';
import { locateTrained } from '../serving/locate-weights.ts';
import { tidyTraining } from './tidy-training.ts';
import { readCurve, type StepEvent } from './training-curve.ts';

/** A training of a run, before anything of it is read. */
interface Training {
  readonly step: 'train' | 'train-sft';
  readonly run: RunRef;
  readonly round: number;
  /** Where it starts. */
  readonly policy: PolicyVersion;
  /** True where a later round goes on with the state of its optimizer. */
  readonly keepsOptimizer: boolean;
  /** The job and the artifact that its rows come from; asked for only while there is no result. */
  readonly prepare: (services: RunServices) => Promise<PreparedTraining>;
}

/** What a trainer is started with. */
interface PreparedTraining {
  readonly job: TrainingJob;
  /** Launcher before the script's name. */
  readonly command: readonly string[] | undefined;
  readonly rows: ArtifactRef;
}

/**
 * Trains in a process of its own that outlives this worker, and leaves the artifacts `curve` and `training`; or returns what an
 * earlier attempt has left.
 */
export async function trainOnce(services: RunServices, trainer: Trainer, training: Training): Promise<TrainedWeights> {
  const { store } = services;
  const { step, run, round, policy, keepsOptimizer } = training;
  const name = roundName(run.runName, round, 'training');
  const existing = await store.find(name);
  if (existing !== undefined) {
    await tidyTraining(services, run, round, keepsOptimizer);
    return locateTrained(store, existing.summary as unknown as TrainedWeights);
  }
  const { job, command, rows } = await training.prepare(services);
  const result = await runTrainer(trainer, job, command);
  const { trained, recorded } = await withHeartbeats(() => adoptWeights(store, run, round, job, result));
  const lineage = { step, parents: [rows], configHash: run.configHash, policy: policyStamp(policy) };
  await store.write({
    ...lineage,
    name: roundName(run.runName, round, 'curve'),
    schema: 'training-step',
    shards: [await readCurve(job.outputDir)],
    summary: {},
  });
  await store.write({ ...lineage, name, schema: 'training-result', shards: [[recorded]], summary: { ...trained } });
  await tidyTraining(services, run, round, keepsOptimizer);
  return trained;
}

async function runTrainer(
  trainer: Trainer,
  job: TrainingJob,
  command: PreparedTraining['command'],
): Promise<TrainingResult> {
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
      command,
      signal: cancellationSignal(),
      // A server that was out of reach has given up on this attempt; the next one adopts what is running.
      leaveRunning: () => {
        const { workerShutdown, timedOut, notFound } = Context.current().cancellationDetails ?? {};
        return workerShutdown === true || timedOut === true || notFound === true;
      },
      onProgress: (event) => {
        latest = event;
      },
    });
  } finally {
    stopHeartbeats();
  }
}
