import type { SampleStage } from '../domain/run.ts';
import type { ConfigOf, LoopName, RunConfig } from './schema/run-config.ts';
import type { GroupSamplingConfig } from './schema/sampling.ts';

/** How a stage of a loop draws its completions. */
export function stageSampling(config: RunConfig, stage: SampleStage): GroupSamplingConfig {
  if (stage === 'evaluate' && config.loop === 'online-dpo') return config.evaluation;
  if (config.loop === 'refine' || config.loop === 'wildbench') {
    return { ...config.sampling, samplesPerPrompt: 1, samplesPerCall: 1 };
  }
  if (stage === 'greedy') return { ...config.sampling, temperature: 0, samplesPerPrompt: 1, samplesPerCall: 1 };
  return config.sampling;
}

/** Most tokens of a completion in any stage. */
export function longestCompletion(config: RunConfig): number {
  return config.loop === 'online-dpo'
    ? Math.max(config.sampling.maxTokens, config.evaluation.maxTokens)
    : config.sampling.maxTokens;
}

/** The config of the loop that an activity belongs to. @throws Error when the run is of another loop */
export function configOfLoop<Loop extends LoopName>(config: RunConfig, loop: Loop): ConfigOf<Loop> {
  if (config.loop !== loop)
    throw new Error(`This step belongs to the loop "${loop}", and the run is "${config.loop}".`);
  return config as ConfigOf<Loop>;
}
