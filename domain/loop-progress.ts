import type { ApprovalRequest } from './gates/approval-request.ts';
import { NO_COUNTS, type Evaluation, type RolloutCounts } from './run.ts';
import { LOOP_STAGES, type EvaluatePart, type LoopStages, type RunStage } from './run-progress.ts';

/** What one workflow knows of itself; the newest facts are those of its active child. */
export interface LoopProgress {
  readonly stages: LoopStages;
  readonly stage: RunStage;
  /** `null` in every other stage. */
  readonly part: EvaluatePart | null;
  readonly round: number;
  /** 0 for a loop that does not train. */
  readonly rounds: number;
  /** Model calls planned and finished in the current stage; heartbeats of shards in flight come on top. */
  readonly done: number;
  readonly total: number;
  /** Everything this workflow has finished. */
  readonly counts: RolloutCounts;
  /** Tokens that a reference scored for a divergence that no evaluation here tells of yet. */
  readonly scored: number;
  readonly evaluations: readonly Evaluation[];
  readonly paused: boolean;
  /** Why the run paused by itself; `null` when it did not. */
  readonly heldBecause: string | null;
  /** The round that a person has to decide on; `null` when none waits. */
  readonly awaits: ApprovalRequest | null;
  readonly stopping: boolean;
  /** Workflow id of the child at work. */
  readonly activeChild: string | null;
}

/** Progress of a workflow that has just begun. */
export function initialProgress(
  loop: keyof typeof LOOP_STAGES,
  begin: { readonly stage: RunStage; readonly part?: EvaluatePart; readonly rounds?: number; readonly round?: number },
): LoopProgress {
  return {
    stages: LOOP_STAGES[loop],
    stage: begin.stage,
    part: begin.part ?? null,
    round: begin.round ?? 0,
    rounds: begin.rounds ?? 0,
    done: 0,
    total: 0,
    counts: NO_COUNTS,
    scored: 0,
    evaluations: [],
    paused: false,
    heldBecause: null,
    awaits: null,
    stopping: false,
    activeChild: null,
  };
}
