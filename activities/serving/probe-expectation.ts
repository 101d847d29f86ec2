import type { ProbeScore, TrainingResult } from '../../clients/trainer.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { roundName } from '../../domain/artifact-names.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import { meanAbsoluteDifference } from '../../domain/probe.ts';
import type { RunRef } from '../../domain/run.ts';
import { trainedLogprobs } from './probe-readings.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';

/** What the trainer computed for a version, and for one that it is not to be taken for. */
export interface Expectation {
  readonly probes: readonly ProbeScore[];
  readonly own: 'baseLogprobs' | 'adapterLogprobs';
  readonly other: 'baseLogprobs' | 'adapterLogprobs';
}

/** `undefined` for the base model before anything was trained on it, or where training left it as it was. */
export async function findExpectation(
  { store, config }: RunServices,
  { runName }: RunRef,
  { round, checkpoint }: PolicyVersion,
): Promise<Expectation | undefined> {
  if (checkpoint !== undefined) {
    const { rows } = await readArtifact<TrainingResult>(store, roundName(runName, round, 'training'));
    return { probes: rows[0]?.probes ?? [], own: 'adapterLogprobs', other: 'baseLogprobs' };
  }
  // The first training of a run starts from the base model.
  const first = (await store.list(`${runName}/`)).find((name) => /\/round-\d+\/training$/.test(name));
  if (first === undefined) return undefined;
  const { rows } = await readArtifact<TrainingResult>(store, first);
  const probes = rows[0]?.probes ?? [];
  const [own_T, other_T] = [trainedLogprobs(probes, 'baseLogprobs'), trainedLogprobs(probes, 'adapterLogprobs')];
  if (meanAbsoluteDifference(own_T, other_T) < configOfLoop(config, 'online-dpo').publish.minChange) return undefined;
  return { probes, own: 'baseLogprobs', other: 'adapterLogprobs' };
}
