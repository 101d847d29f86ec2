import type { BestOfNConfig } from '../configs/schema/best-of-n.ts';
import { judgeUsage, NO_COUNTS, type RunResult, type ShardTask } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { runPromptLoop, type PromptLoopInput } from './prompt-loop.ts';

/**
 * STICK's Best-of-N over the shards of a prompt set: the checklist is written once, N answers are drawn and judged by it,
 * and the one with the highest pass rate is the answer. The baselines pick from the same candidates.
 *
 * @source TICK (arXiv 2410.03608) §4.2
 */
export async function bestOfNWorkflow(input: PromptLoopInput<BestOfNConfig>): Promise<RunResult> {
  const { run, config } = input;
  const activities = modelActivities(config.temporal.taskQueue);
  const { baselines, rewardModel } = config.bestOfN;
  return runPromptLoop(input, {
    stage: 'candidates',
    shardsPerRun: 40,
    stepsPerShard: 7,
    workOnShard: async ({ basePolicy, measurable }, shard, addStep) => {
      const candidates: ShardTask = { run, stage: 'candidates', round: 0, shard, policy: basePolicy };
      const greedy: ShardTask = { ...candidates, stage: 'greedy' };

      addStep(await activities.writeChecklists(candidates)); // C <- checklist(x)
      await activities.respond(candidates); //                 y_1..y_N <- generate(x)
      addStep(await activities.judge(candidates)); //          e_n <- evaluate(x, y_n, C)

      if (baselines.includes('greedy')) await activities.respond(greedy);
      addStep();
      if (baselines.includes('self-score')) {
        const { calls, promptTokens, completionTokens } = await activities.selfScore(candidates);
        addStep({ ...NO_COUNTS, calls, promptTokens, completionTokens });
      }
      if (rewardModel !== undefined) await activities.rewardScore(candidates);
      addStep();
      if (measurable) {
        // Gold verdicts measure and decide nothing. Candidates are counted where they were judged: only calls are new.
        addStep(judgeUsage(await activities.judge({ ...candidates, role: 'gold' })));
        if (baselines.includes('greedy')) {
          const measured = await activities.judge({ ...greedy, role: 'gold' });
          const { calls, promptTokens, completionTokens } = measured;
          addStep({ ...judgeUsage(measured), calls, promptTokens, completionTokens });
        }
      }
      await activities.selectBest(candidates); //              y <- y_n with the highest pass rate
    },
  });
}
