import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  drawnUsage,
  goldCounts,
  NO_COUNTS,
  withoutDrawing,
  type DrawnPrompts,
  type DrawnUsage,
  type RolloutCounts,
  type RunRef,
  type SampleStage,
} from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { LoopControl } from './loop-control.ts';
import { workThroughShards } from './shard-pipeline.ts';

/** Stages of a training round that draw and judge. */
export type OnlineStage = Extract<SampleStage, 'sample' | 'evaluate'>;

export interface ShardWindowInput {
  readonly run: RunRef;
  readonly config: OnlineDpoConfig;
  readonly stage: OnlineStage;
  readonly round: number;
  readonly policy: PolicyVersion;
  readonly prompts: DrawnPrompts;
  /** Whether the gold judge answers too. */
  readonly gold: boolean;
  /** First shard to do: those before it are done. */
  readonly nextShard: number;
  /** Counts of the shards that are done. */
  readonly counts: RolloutCounts;
}

/** Continue as new well before the server insists (4,096 events), at about 12 events a shard. */
const SHARDS_PER_RUN = 150;

/**
 * Responds and judges shard by shard. State is a cursor and sums, never lists of items: names of artifacts follow from the
 * shard's number.
 */
export async function shardWindowWorkflow(input: ShardWindowInput): Promise<RolloutCounts> {
  const { run, config, stage, round, policy, prompts, gold } = input;
  const { respond, judge } = modelActivities(config.temporal.taskQueue);
  const control = new LoopControl(
    initialProgress(config.loop, {
      stage,
      rounds: config.rounds,
      round,
      ...(stage === 'evaluate' ? { part: 'held-out' } : {}),
    }),
  );
  const callsOfRow = callsPerPrompt(config, stage);
  const endShard = prompts.firstShard + prompts.shards;
  const lastShard = Math.min(endShard, input.nextShard + SHARDS_PER_RUN);
  const rowsBefore = (shard: number) => Math.min((shard - prompts.firstShard) * config.shards.rows, prompts.rows);
  let { counts } = input;
  let done = rowsBefore(input.nextShard) * callsOfRow;
  const report = () => control.report({ done, total: prompts.rows * callsOfRow, counts });
  const add = (made: RolloutCounts): void => {
    counts = addCounts(counts, made);
    report();
  };

  const work = async (shard: number): Promise<void> => {
    const task = { run, stage, round, shard, policy };
    // A history from before this was counted holds nothing here.
    const drawn = (await respond(task)) as DrawnUsage | undefined;
    if (drawn !== undefined) add(drawnUsage(drawn));
    done += (rowsBefore(shard + 1) - rowsBefore(shard)) * callsOfRow;
    report();
    const judged = await judge(task);
    add(drawn === undefined ? judged : withoutDrawing(judged));
    if (gold) add(goldCounts(await judge({ ...task, role: 'gold' })));
  };

  report();
  const { inFlight } = config.shards;
  await workThroughShards({ control, firstShard: input.nextShard, endShard: lastShard, inFlight, work });
  if (lastShard < endShard)
    await control.goOnAfresh<typeof shardWindowWorkflow>({ ...input, nextShard: lastShard, counts });
  return counts;
}

/** A window from its beginning. */
export function wholeWindow(input: Omit<ShardWindowInput, 'nextShard' | 'counts'>): ShardWindowInput {
  return { ...input, nextShard: input.prompts.firstShard, counts: NO_COUNTS };
}

function callsPerPrompt(config: OnlineDpoConfig, stage: OnlineStage): number {
  const { samplesPerPrompt, samplesPerCall } = stage === 'sample' ? config.sampling : config.evaluation;
  return samplesPerPrompt / samplesPerCall;
}
