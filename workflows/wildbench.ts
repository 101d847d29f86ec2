import type { WildbenchConfig } from '../configs/schema/wildbench.ts';
import type { RunResult } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { runPromptLoop, type PromptLoopInput } from './prompt-loop.ts';

/** Continue as new well before the server insists (4,096 events), at about 6 events an activity. */
const ACTIVITIES_PER_RUN = 500;

/**
 * WildBench over the shards of a task set: every policy answers, judges score the answers, and compare them with those of
 * the baselines. All answers of a shard come first, since a policy may be another one's baseline.
 *
 * @source WildBench (arXiv 2406.04770)
 */
export async function wildbenchWorkflow(input: PromptLoopInput<WildbenchConfig>): Promise<RunResult> {
  const { run, config } = input;
  const activities = modelActivities(config.temporal.taskQueue);
  // A history is replayed: the order must not depend on how the config came.
  const names = Object.keys(config.policies).toSorted();
  const baselines = config.baselines.map((entry) => (typeof entry === 'string' ? entry : entry.name));
  const judgesIn = (mode: 'score' | 'pair') => Object.values(config.judges).some(({ modes }) => modes.includes(mode));
  const scored = judgesIn('score') ? names : [];
  const paired = judgesIn('pair') ? names.filter((name) => baselines.some((baseline) => baseline !== name)) : [];
  const stepsPerShard = names.length + scored.length + paired.length;
  return runPromptLoop(input, {
    stage: 'compare',
    shardsPerRun: Math.max(1, Math.floor(ACTIVITIES_PER_RUN / stepsPerShard)),
    stepsPerShard,
    workOnShard: async (_opened, shard, addStep) => {
      const at = (policyName: string) => ({ run, shard, policyName });
      for (const name of names) addStep(await activities.generateWildbench(at(name)));
      for (const name of scored) addStep(await activities.judgeWildbenchScores(at(name)));
      for (const name of paired) addStep(await activities.judgeWildbenchPairs(at(name)));
    },
  });
}
