import type { LoopControl } from './loop-control.ts';

/** What a pipeline of shards works through. */
export interface ShardPipeline {
  readonly control: LoopControl;
  readonly firstShard: number;
  /** One past the last shard to start. */
  readonly endShard: number;
  /** Shards worked on at once. */
  readonly inFlight: number;
  readonly work: (shard: number) => Promise<void>;
}

/**
 * Works on shards with a sliding window: the next one starts when any one ends, so that slow rows of one shard never idle
 * the server. No new shard starts while the run is paused.
 */
export async function workThroughShards(pipeline: ShardPipeline): Promise<void> {
  const { control, endShard, inFlight, work } = pipeline;
  let next = pipeline.firstShard;
  const lane = async (): Promise<void> => {
    for (;;) {
      await control.untilRunning();
      if (next >= endShard) return;
      const shard = next;
      next += 1;
      await work(shard);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}
