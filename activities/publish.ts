import type { TrainingResult } from '../clients/trainer.ts';
import { roundName } from '../domain/artifact-names.ts';
import { policyStamp, type PolicyVersion } from '../domain/policy-version.ts';
import type { RunRef } from '../domain/run.ts';
import { withHeartbeats } from './heartbeats.ts';
import { readArtifact } from './read-artifact.ts';
import type { RunServicesProvider } from './run-services.ts';
import { ensureServed, isAdapter, serveAndProbe, type AdapterVersion } from './serving.ts';
import type { TrainedAdapter } from './train.ts';

export interface PublishInput {
  readonly run: RunRef;
  readonly round: number;
  readonly trained: TrainedAdapter;
  readonly previous: PolicyVersion;
}

/** Puts new weights into service: load, probe, flip, unload the old ones. Folders are never deleted or reused here. */
export function createPublishActivities(provider: RunServicesProvider) {
  return {
    async publish({ run, round, trained, previous }: PublishInput): Promise<PolicyVersion> {
      const services = await provider.of(run);
      const name = roundName(run.runName, round, 'policy');
      const policy: AdapterVersion = {
        round,
        servedModel: `${run.runName}-v${round}-${trained.adapterHash.slice(0, 8)}`,
        adapterHash: trained.adapterHash,
        adapterPath: trained.adapterPath,
      };
      // Unloading is repeated by a later attempt: a crash may have come between the flip and it.
      const retire = async () => {
        if (isAdapter(previous)) await services.policy.unloadAdapter(previous.servedModel);
        return policy;
      };
      if ((await services.store.find(name)) !== undefined) return retire();
      await ensureServed(services, run, previous);
      const training = await readArtifact<TrainingResult>(services.store, roundName(run.runName, round, 'training'));
      const probe = await withHeartbeats(() =>
        serveAndProbe(services, policy, previous.servedModel, training.rows[0] as TrainingResult),
      );
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
