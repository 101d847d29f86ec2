import { onlineConfigOf } from '../domain/bolt/online-config.ts';
import type { SampleStage } from '../domain/run.ts';
import type { ConfigOf, LoopName, RunConfig } from './schema/run-config.ts';
import type { GroupSamplingConfig } from './schema/sampling.ts';

/** How a stage of a loop draws its completions. */
export function stageSampling(config: RunConfig, stage: SampleStage): GroupSamplingConfig {
  if (stage === 'tasks') return taskSampling(config);
  if (config.loop === 'bolt') return boltSampling(config, stage);
  if (config.loop === 'magpie') throw new Error('Magpie draws its queries and replies in ways of their own.');
  if (stage === 'evaluate' && config.loop === 'online-dpo') return config.evaluation;
  if (config.loop === 'refine' || config.loop === 'wildbench' || config.loop === 'skillmix') {
    return { ...config.sampling, samplesPerPrompt: 1, samplesPerCall: 1 };
  }
  if (stage === 'greedy') return { ...config.sampling, temperature: 0, samplesPerPrompt: 1, samplesPerCall: 1 };
  return config.sampling;
}

/** Most tokens of a completion in any stage. */
export function longestCompletion(config: RunConfig): number {
  switch (config.loop) {
    case 'online-dpo':
      return Math.max(config.sampling.maxTokens, config.evaluation.maxTokens, taskTokens(config));
    case 'bolt':
      return Math.max(config.online.sampling.maxTokens, config.evaluation.maxTokens, taskTokens(config));
    case 'magpie':
      return Math.max(config.queries.maxTokens, config.replies.maxTokens);
    default:
      return config.sampling.maxTokens;
  }
}

function taskTokens({ evaluation }: ConfigOf<'online-dpo' | 'bolt'>): number {
  return evaluation.wildbench?.sampling.maxTokens ?? 0;
}

function taskSampling(config: RunConfig): GroupSamplingConfig {
  const tasks = config.loop === 'online-dpo' || config.loop === 'bolt' ? config.evaluation.wildbench : undefined;
  if (tasks === undefined) throw new Error('This step answers tasks, and the config names none.');
  return { ...tasks.sampling, samplesPerPrompt: 1, samplesPerCall: 1 };
}

function boltSampling({ bootstrap, online, evaluation }: ConfigOf<'bolt'>, stage: SampleStage): GroupSamplingConfig {
  switch (stage) {
    case 'bootstrap':
      return bootstrap.sampling;
    case 'sample':
      return online.sampling;
    case 'follow':
      return { ...evaluation, temperature: 0, samplesPerPrompt: 1, samplesPerCall: 1 };
    default:
      return evaluation;
  }
}

/**
 * The config of the loop that an activity belongs to; a run of BOLT has online rounds within it.
 *
 * @throws Error when the run is of another loop
 */
export function configOfLoop<Loop extends LoopName>(config: RunConfig, loop: Loop): ConfigOf<Loop> {
  if (loop === 'online-dpo' && config.loop === 'bolt') return onlineConfigOf(config) as ConfigOf<Loop>;
  if (config.loop !== loop)
    throw new Error(`This step belongs to the loop "${loop}", and the run is "${config.loop}".`);
  return config as ConfigOf<Loop>;
}
