import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  drawnUsage,
  withoutDrawing,
  type DrawnUsage,
  type PromptSet,
  type RolloutCounts,
  type RunRef,
} from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { LoopControl } from './loop-control.ts';
import { workThroughShards } from './shard-pipeline.ts';

export interface TaskWindowInput {
  readonly run: RunRef;
  readonly config: OnlineDpoConfig;
  readonly round: number;
  readonly policy: PolicyVersion;
  readonly tasks: PromptSet;
  /** Version that the answers are compared with. */
  readonly initialRound: number;
  /** First shard to do: those before it are done. */
  readonly nextShard: number;
  readonly counts: RolloutCounts;
}

/** Continue as new well before the server insists (4,096 events), at about 12 events a shard. */
const SHARDS_PER_RUN = 150;

/** Lets one version answer tasks and a judge score and compare the answers, shard by shard. */
export async function taskWindowWorkflow(input: TaskWindowInput): Promise<RolloutCounts> {
  const { run, config, round, policy, tasks, initialRound, nextShard } = input;
  const { respond, judgeTasks } = modelActivities(config.temporal.taskQueue);
  const control = new LoopControl(
    initialProgress(config.loop, { stage: 'evaluate', part: 'tasks', rounds: config.rounds, round }),
  );
  const endShard = Math.min(tasks.shards, nextShard + SHARDS_PER_RUN);
  let { counts } = input;
  const judgments = judgmentsPerTask(input);
  const rowsBefore = (shard: number) => Math.min(shard * config.shards.rows, tasks.rows);
  let done = rowsBefore(nextShard) * (1 + judgments);
  const report = () => control.report({ done, total: tasks.rows * (1 + judgments), counts });
  const add = (made: RolloutCounts, calls: number): void => {
    counts = addCounts(counts, made);
    done += calls;
    report();
  };

  const work = async (shard: number): Promise<void> => {
    const rows = rowsBefore(shard + 1) - rowsBefore(shard);
    // A history from before this was counted holds nothing here.
    const drawn = (await respond({ run, stage: 'tasks', round, shard, policy })) as DrawnUsage | undefined;
    if (drawn !== undefined) add(drawnUsage(drawn), rows);
    const judged = await judgeTasks({ run, round, shard, initialRound });
    if (drawn === undefined) add(judged, rows * (1 + judgments));
    else add(withoutDrawing(judged), rows * judgments);
  };

  report();
  await workThroughShards({ control, firstShard: nextShard, endShard, inFlight: config.shards.inFlight, work });
  if (endShard < tasks.shards)
    await control.goOnAfresh<typeof taskWindowWorkflow>({ ...input, nextShard: endShard, counts });
  return counts;
}

/** Judgments that an answer is due, beside the call that draws it. */
function judgmentsPerTask({ config, round, initialRound }: TaskWindowInput): number {
  const { judge, bothOrders } = config.evaluation.wildbench ?? {};
  const asks = (mode: 'score' | 'pair') => judge?.modes.includes(mode) ?? false;
  const pairs = asks('pair') && round !== initialRound ? (bothOrders ? 2 : 1) : 0;
  return (asks('score') ? 1 : 0) + pairs;
}
