import type { ArtifactStore } from '../../clients/artifact-store.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { TrainedWeights } from './adopt-weights.ts';

/** A version as an artifact has recorded it, with its weights where the store has them now. */
export async function locatePolicy(store: ArtifactStore, policy: PolicyVersion): Promise<PolicyVersion> {
  const { adapterPath, checkpoint } = policy;
  return {
    ...policy,
    adapterPath: adapterPath && (await store.locate(adapterPath)),
    ...(checkpoint && { checkpoint: { ...checkpoint, path: await store.locate(checkpoint.path) } }),
  };
}

/** The same for weights that nobody has served yet. */
export async function locateTrained(store: ArtifactStore, trained: TrainedWeights): Promise<TrainedWeights> {
  return 'adapterPath' in trained
    ? { ...trained, adapterPath: await store.locate(trained.adapterPath) }
    : { ...trained, checkpointPath: await store.locate(trained.checkpointPath) };
}
