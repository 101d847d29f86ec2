import { configOfLoop, stageSampling } from '../../configs/stage-sampling.ts';
import { comparedPolicyPrefix, promptSetPrefix, shardName } from '../../domain/artifact-names.ts';
import { countBroken } from '../../domain/completion.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import { callSeed } from '../../domain/random.ts';
import { NO_COUNTS, type RolloutCounts, type RunRef } from '../../domain/run.ts';
import type { TaskRow } from '../../domain/wildbench/task-row.ts';
import { drawRollouts, samplingParameters, type PolicyCall } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServicesProvider } from '../run-services.ts';
import { readComparedPolicy, servicesOf } from './policies.ts';

/** One shard of the tasks, and the policy that is at work on it. */
export interface ComparedShard {
  readonly run: RunRef;
  readonly policyName: string;
  readonly shard: number;
}

/** Lets a policy answer the tasks of a shard, each once, with the recorded history. */
export function createGenerateWildbenchActivities(provider: RunServicesProvider) {
  return {
    async generateWildbench({ run, policyName, shard }: ComparedShard): Promise<RolloutCounts> {
      const services = await provider.of(run);
      const { store, config } = services;
      const name = shardName(comparedPolicyPrefix(run.runName, policyName), 'rollouts', shard);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as RolloutCounts;
      const sampling = samplingParameters(stageSampling(configOfLoop(config, 'wildbench'), 'answer'));
      const tasks = await readArtifact<TaskRow>(
        store,
        shardName(promptSetPrefix(run.runName, 'prompts'), 'prompts', shard),
      );
      // The same seed for every policy, so that they are compared on equal draws.
      const calls = tasks.rows.map(({ promptId, messages }): PolicyCall => ({
        promptId,
        messages,
        firstSample: 0,
        seed: callSeed({ seed: config.seed, stage: 'wildbench', round: 0, promptId, sampleIndex: 0 }),
        n: 1,
        sampling,
      }));
      const policy = await readComparedPolicy(services, run, policyName);
      const through = await servicesOf(provider, services, run, policy);
      const { rollouts, usage } = await drawRollouts(
        through.services,
        { run: through.run, policy: policy.version },
        name,
        calls,
      );
      const counts: RolloutCounts = {
        ...NO_COUNTS,
        ...usage,
        rollouts: rollouts.length,
        failed: rollouts.filter(({ outcome }) => !outcome.ok).length,
        ...countBroken(rollouts.flatMap(({ outcome }) => (outcome.ok ? outcome.finishReason : []))),
      };
      await store.write({
        name,
        schema: 'rollout',
        step: 'generate-wildbench',
        parents: [tasks.ref],
        configHash: run.configHash,
        policy: policyStamp(policy.version),
        shards: [rollouts],
        summary: { ...counts },
      });
      return counts;
    },
  };
}
