import type { TrainingResult } from '../../clients/trainer.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import type { ProbeNumbers } from '../../domain/probe.ts';
import type { RunRef } from '../../domain/run.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { ensureServed, isAdapter, serveAndProbe } from './serving.ts';
import type { TrainedWeights } from './adopt-weights.ts';
import { trainingStart } from '../training/training-job.ts';
import { replaceAndProbe } from './replace-and-probe.ts';

export interface PublishInput {
  readonly run: RunRef;
  readonly round: number;
  readonly trained: TrainedWeights;
  readonly previous: PolicyVersion;
}

/**
 * Puts new weights into service: an adapter is loaded, probed, and the old one unloaded; a checkpoint takes the place of the
 * old weights. Folders are never deleted or reused here.
 */
export function createPublishActivities(provider: RunServicesProvider) {
  return {
    async publish({ run, round, trained, previous }: PublishInput): Promise<PolicyVersion> {
      const services = await provider.of(run);
      const name = roundName(run.runName, round, 'policy');
      const policy = nameVersion(services, run, round, trained);
      // Unloading is repeated by a later attempt: a crash may have come between the flip and it.
      const retire = async () => {
        if (isAdapter(previous)) await services.policy.unloadAdapter(previous.servedModel);
        return policy;
      };
      if ((await services.store.find(name)) !== undefined) return retire();
      const training = await readArtifact<TrainingResult>(services.store, roundName(run.runName, round, 'training'));
      const [result] = training.rows as readonly [TrainingResult];
      const bringIntoService = async (): Promise<ProbeNumbers> => {
        if (!isAdapter(policy)) {
          const start = trainingStart(services, previous);
          return replaceAndProbe(services, run, { next: policy, previous, start }, result);
        }
        await ensureServed(services, run, previous);
        return serveAndProbe(services, policy, previous.servedModel, result);
      };
      const probe = await withHeartbeats(bringIntoService);
      await services.store.write({
        name,
        schema: 'policy-version',
        step: 'publish',
        parents: [training.ref],
        configHash: run.configHash,
        policy: policyStamp(policy),
        shards: [[policy]],
        summary: { ...probe },
      });
      return retire();
    },
  };
}

/** An adapter gets a name of its own; a checkpoint is asked for under that of the base model, in whose place it is. */
function nameVersion(
  { config }: RunServices,
  { runName }: RunRef,
  round: number,
  trained: TrainedWeights,
): PolicyVersion {
  const nameOf = (hash: string) => `${runName}-v${round}-${hash.slice(0, 8)}`;
  if ('adapterHash' in trained) return { round, servedModel: nameOf(trained.adapterHash), ...trained };
  const { checkpointHash: hash, checkpointPath: path } = trained;
  return {
    round,
    servedModel: config.policy.model,
    adapterHash: null,
    adapterPath: null,
    checkpoint: { name: nameOf(hash), hash, path },
  };
}
