import type { TrainingResult } from '../../clients/trainer.ts';
import { discardWorkingCopies } from '../../clients/trainer-folder.ts';
import { roundName } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';

/**
 * Removes what a finished training has left for itself. Comes after its result is an artifact, and again whenever somebody
 * asks for that result: a worker may have died in between.
 *
 * @param keepsOptimizer true where a later round goes on with the state of the optimizer
 */
export async function tidyTraining(
  { store }: RunServices,
  { runName }: RunRef,
  round: number,
  keepsOptimizer: boolean,
): Promise<void> {
  const name = roundName(runName, round, 'training');
  const { rows } = await readArtifact<TrainingResult>(store, name);
  const kept = keepsOptimizer ? (rows[0]?.optimizerPath ?? null) : null;
  await discardWorkingCopies(await store.workFolder(name), kept && (await store.locate(kept)));
}
