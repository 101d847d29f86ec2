import { trainsOnTokens } from '../../configs/schema/online-dpo.ts';
import type { RunConfig } from '../../configs/schema/run-config.ts';
import { configOfLoop, stageSampling } from '../../configs/stage-sampling.ts';
import { promptShardName, shardName, stageName } from '../../domain/artifact-names.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import type { DrawnUsage, SampleStage, ShardTask } from '../../domain/run.ts';
import { drawRollouts, samplingParameters, type PolicyCall } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServicesProvider } from '../run-services.ts';

/** Draws the rollouts of a shard: G completions of each prompt from the given policy version. */
export function createRespondActivities(provider: RunServicesProvider) {
  return {
    /** @returns the calls and tokens that were spent; what was drawn is in the artifact */
    async respond(task: ShardTask): Promise<DrawnUsage> {
      const services = await provider.of(task.run);
      const { store, config } = services;
      const { runName, configHash } = task.run;
      const name = shardName(stageName(runName, task.round, task.stage), 'rollouts', task.shard);
      const existing = await store.find(name);
      if (existing !== undefined) return toUsage(existing.summary as unknown as DrawnUsage);
      const prompts = await readArtifact<PromptRow>(store, promptShardName({ ...task, runName }));
      const calls = planCalls(config, task, prompts.rows);
      const { rollouts, usage } = await drawRollouts(services, task, name, calls);
      await store.write({
        name,
        schema: 'rollout',
        step: 'respond',
        parents: [prompts.ref],
        configHash,
        policy: policyStamp(task.policy),
        shards: [rollouts],
        summary: { ...usage },
      });
      return usage;
    },
  };
}

function toUsage({ calls, promptTokens, completionTokens, unreportedUsage = 0 }: DrawnUsage): DrawnUsage {
  return { calls, promptTokens, completionTokens, unreportedUsage };
}

/** Of what is trained on token by token, and of what is compared with the base token by token. */
function needsTokensOf(config: RunConfig, stage: SampleStage): boolean {
  if (config.loop !== 'online-dpo' && config.loop !== 'bolt') return false;
  const { training, gates } = configOfLoop(config, 'online-dpo');
  return (stage === 'sample' && trainsOnTokens(training)) || (stage === 'evaluate' && gates.kl !== null);
}

function planCalls(config: RunConfig, { stage, round }: ShardTask, rows: readonly PromptRow[]): readonly PolicyCall[] {
  const sampling = stageSampling(config, stage);
  const { samplesPerPrompt, samplesPerCall } = sampling;
  const needsTokens = needsTokensOf(config, stage);
  return rows.flatMap(({ promptId, messages }) =>
    Array.from({ length: samplesPerPrompt / samplesPerCall }, (_, call) => {
      const firstSample = call * samplesPerCall;
      return {
        promptId,
        messages,
        firstSample,
        // What measures keeps its seeds over the rounds, so that versions are compared on equal draws.
        seed: callSeed({
          seed: config.seed,
          stage,
          round: stage === 'evaluate' || stage === 'tasks' ? 0 : round,
          promptId,
          sampleIndex: firstSample,
        }),
        n: samplesPerCall,
        sampling: samplingParameters(sampling),
        ...(needsTokens ? { returnTokens: true } : {}),
      };
    }),
  );
}
