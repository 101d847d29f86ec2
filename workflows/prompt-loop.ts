import type { Workflow } from '@temporalio/workflow';
import type { BestOfNConfig } from '../configs/schema/best-of-n.ts';
import type { RefineConfig } from '../configs/schema/refine.ts';
import type { WildbenchConfig } from '../configs/schema/wildbench.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import { addCounts, NO_COUNTS, promptSet, type OpenedRun, type RolloutCounts, type RunResult } from '../domain/run.ts';
import { openingActivities } from './activity-proxies.ts';
import { holdIfTooManyHoles } from './limits.ts';
import { LoopControl } from './loop-control.ts';
import type { LoopInput } from './loop-input.ts';
import { runToReport } from './reported-run.ts';
import { workThroughShards } from './shard-pipeline.ts';

/** A loop over one prompt set, and where a long one goes on in a fresh history. */
export interface PromptLoopInput<Config> extends LoopInput<Config> {
  readonly resumeFrom?: {
    readonly opened: OpenedRun;
    readonly nextShard: number;
    readonly counts: RolloutCounts;
  };
}

/** How a loop treats one shard. */
export interface PromptLoop {
  readonly stage: 'refine' | 'candidates' | 'compare';
  /** Events of a shard stay below 100, so a history continues as new after this many. */
  readonly shardsPerRun: number;
  /** Does one shard; tells its steps through `step`. */
  readonly workOnShard: (opened: OpenedRun, shard: number, addStep: (counts?: RolloutCounts) => void) => Promise<void>;
  /** Steps that a shard takes at most, for the progress. */
  readonly stepsPerShard: number;
}

/** Opens the run, works through its shards, and ends with a report: what self-refinement, Best-of-N and WildBench have in common. */
export async function runPromptLoop<Config extends RefineConfig | BestOfNConfig | WildbenchConfig>(
  input: PromptLoopInput<Config>,
  loop: PromptLoop,
): Promise<RunResult> {
  const { run, config, resumeFrom } = input;
  const control = new LoopControl(initialProgress(config.loop, { stage: 'preflight' }));
  let counts = resumeFrom?.counts ?? NO_COUNTS;

  const workOnAll = async (): Promise<void> => {
    const opened = resumeFrom?.opened ?? (await openingActivities(config.temporal.taskQueue).openRun({ run, config }));
    const { shards } = promptSet(opened, 'prompts');
    const firstShard = resumeFrom?.nextShard ?? 0;
    const endShard = Math.min(shards, firstShard + loop.shardsPerRun);
    let stepsDone = firstShard * loop.stepsPerShard;
    const report = () =>
      control.report({ stage: loop.stage, counts, done: stepsDone, total: shards * loop.stepsPerShard });
    report();
    const work = async (shard: number): Promise<void> => {
      let stepsOfShard = 0;
      await loop.workOnShard(opened, shard, (stepCounts = NO_COUNTS) => {
        stepsOfShard += 1;
        stepsDone += 1;
        counts = addCounts(counts, stepCounts);
        report();
      });
      stepsDone += loop.stepsPerShard - stepsOfShard;
      report();
    };
    await workThroughShards({ control, firstShard, endShard, inFlight: config.shards.inFlight, work });
    await holdIfTooManyHoles(control, 'The loop', counts, config);
    if (endShard < shards) {
      await control.goOnAfresh<Workflow>({ ...input, resumeFrom: { opened, nextShard: endShard, counts } });
    }
  };

  return runToReport(input, control, workOnAll);
}
