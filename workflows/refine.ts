import type { RefineConfig } from '../configs/schema/refine.ts';
import type { RefineLoop } from '../domain/refine/refinement.ts';
import { judgeUsage, NO_COUNTS, type RolloutCounts, type RunResult, type ShardTask } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { runPromptLoop, type PromptLoopInput } from './prompt-loop.ts';

/** One shard, and what is to be done with it. */
interface ShardWork {
  readonly config: RefineConfig;
  readonly shard: Omit<ShardTask, 'stage' | 'round'>;
  /** Whether there are gold verdicts: every item has a verifier, or there is a gold judge. */
  readonly measurable: boolean;
  readonly addStep: (counts?: RolloutCounts) => void;
}

/**
 * STICK's self-refinement over one shard: the checklist is written once, the answer is judged by it, and what failed is
 * written again, until all is passed, nothing changes any more, or T turns are over.
 *
 * @source TICK (arXiv 2410.03608) §4.1
 */
async function refineShard(work: ShardWork): Promise<void> {
  const { config, shard, addStep } = work;
  const { writeChecklists, respond, judge, rewrite, finishRefinement } = modelActivities(config.temporal.taskQueue);
  const { turns, checklist } = config.refine;
  const at = (turn: number): ShardTask => ({ ...shard, stage: turn === 0 ? 'answer' : 'refine', round: turn });

  addStep(await writeChecklists(at(0))); //                     C <- checklist(x)
  await respond(at(0)); //                                    y_0 <- generate(x)
  addStep(await judge(at(0))); //                             e_0 <- evaluate(x, y_0, C)
  await measure(work, at(0));
  let turn = 0;
  while (turn < turns) {
    const next = turn + 1;
    if ((await rewrite(at(next))) === 0) break; //     y_t+1 <- rewrite(x, y_t, e_t), where e_t has a no
    turn = next;
    if (checklist === 'regenerated') addStep(await writeChecklists(at(turn)));
    addStep(await judge(at(turn))); //                        e_t+1 <- evaluate(x, y_t+1, C)
    await measure(work, at(turn));
  }
  await finishRefinement({ ...shard, stage: 'refine', round: Math.min(turn + 1, turns) });
  addStep();
}

/** The baseline: the policy says in its own words what is wrong, and writes the answer again, T times. */
async function selfRefineShard(work: ShardWork): Promise<void> {
  const { config, shard, addStep } = work;
  const { critique, rewrite, finishRefinement } = modelActivities(config.temporal.taskQueue);
  const at = (turn: number): ShardTask => ({ ...shard, stage: 'self-refine', round: turn });
  let turn = 0;
  while (turn < config.refine.turns) {
    const next = turn + 1;
    const { calls, promptTokens, completionTokens } = await critique(at(next));
    addStep({ ...NO_COUNTS, calls, promptTokens, completionTokens });
    if ((await rewrite(at(next))) === 0) break;
    turn = next;
    await measure(work, at(turn));
  }
  const loop: RefineLoop = 'self-refine';
  await finishRefinement({ ...shard, stage: loop, round: Math.min(turn + 1, config.refine.turns) });
  addStep();
}

/** The gold verdicts of a turn: they measure, and nothing is decided by them. */
async function measure({ config, measurable, addStep }: ShardWork, task: ShardTask): Promise<void> {
  if (!measurable) return addStep();
  const { judge } = modelActivities(config.temporal.taskQueue);
  // Its rollouts are counted where they were judged: only its calls are new.
  addStep(judgeUsage(await judge({ ...task, role: 'gold' })));
}

/** A run of self-refinement: every shard of the prompts, with the baselines beside it. */
export async function refineWorkflow(input: PromptLoopInput<RefineConfig>): Promise<RunResult> {
  const { config, run } = input;
  const { turns, baselines, checklist } = config.refine;
  return runPromptLoop(input, {
    stage: 'refine',
    shardsPerRun: 40,
    stepsPerShard: 4 + (checklist === 'regenerated' ? 3 : 2) * turns + baselines.length * (2 * turns + 1),
    workOnShard: async ({ basePolicy, measurable }, shard, addStep) => {
      const work = { config, shard: { run, shard, policy: basePolicy }, measurable, addStep };
      await refineShard(work);
      if (baselines.includes('self-refine')) await selfRefineShard(work);
    },
  });
}
