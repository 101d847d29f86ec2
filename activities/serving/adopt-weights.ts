import type { ArtifactStore } from '../../clients/artifact-store.ts';
import type { TrainingJob, TrainingResult } from '../../clients/trainer.ts';
import { TrainerError } from '../../domain/errors.ts';
import type { RunRef } from '../../domain/run.ts';

/** The new weights, an adapter or a whole checkpoint, before anyone has served them. */
export type TrainedWeights =
  | { readonly adapterPath: string; readonly adapterHash: string }
  | { readonly checkpointPath: string; readonly checkpointHash: string };

/**
 * Copies what a trainer has made into the store, where it is never changed again.
 *
 * @returns where it is, and the result with paths within the store, which is the same on every machine
 * @throws TrainerError `trainer/no-result` when it is not what the job asked for
 */
export async function adoptWeights(
  store: ArtifactStore,
  { runName }: RunRef,
  round: number,
  job: TrainingJob,
  result: TrainingResult,
): Promise<{ readonly trained: TrainedWeights; readonly recorded: TrainingResult }> {
  const isWhole = job.hyperparameters.loraRank === null;
  const made = isWhole ? result.weightsDir : result.adapterDir;
  if (made === null) {
    throw new TrainerError(
      'trainer/no-result',
      `The trainer was asked for ${isWhole ? 'whole weights' : 'an adapter'} and its result.json in ${job.outputDir} names none; remove that folder.`,
    );
  }
  const folder = `${isWhole ? 'checkpoints' : 'adapters'}/round-${round}`;
  const { path, contentHash } = await store.adoptFolder(await store.locate(made), `${runName}/${folder}`);
  return isWhole
    ? { trained: { checkpointPath: path, checkpointHash: contentHash }, recorded: { ...result, weightsDir: folder } }
    : { trained: { adapterPath: path, adapterHash: contentHash }, recorded: { ...result, adapterDir: folder } };
}
