import { NO_COUNTS, type Evaluation, type RolloutCounts } from './run.ts';
import type { RunStage } from './run-progress.ts';

/** What one workflow knows of itself; the newest facts are those of its active child. */
export interface LoopProgress {
  readonly stage: RunStage;
  readonly round: number;
  readonly rounds: number;
  /** Model calls planned and finished in the current stage; heartbeats of shards in flight come on top. */
  readonly done: number;
  readonly total: number;
  /** Everything this workflow has finished. */
  readonly counts: RolloutCounts;
  readonly evaluations: readonly Evaluation[];
  readonly paused: boolean;
  readonly stopping: boolean;
  /** Workflow id of the child at work. */
  readonly activeChild: string | null;
}

/** Progress of a workflow that has just begun. */
export function initialProgress(stage: RunStage, rounds: number, round = 0): LoopProgress {
  return {
    stage,
    round,
    rounds,
    done: 0,
    total: 0,
    counts: NO_COUNTS,
    evaluations: [],
    paused: false,
    stopping: false,
    activeChild: null,
  };
}
