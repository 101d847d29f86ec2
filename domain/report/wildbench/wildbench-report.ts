import type { JudgeBoard } from '../../wildbench/board.ts';
import type { AnswerPair, AnswerScore } from '../../wildbench/judgments.ts';
import type { ConformanceMode } from '../../wildbench/mode.ts';
import type { TaskRow } from '../../wildbench/task-row.ts';
import type { ReportBase } from '../report-base.ts';

/** A policy that was compared. */
export interface ReportedPolicy {
  readonly name: string;
  readonly servedModel: string;
  /** The run and round that trained it; `null` for a model of a server. */
  readonly trainedBy: { readonly runName: string; readonly round: number } | null;
  /** Answers asked for so far, and what became of them. */
  readonly answers: number;
  readonly failed: number;
  /** Ended by the length limit. */
  readonly lengthLimited: number;
  /** Ended by the server because they looped. */
  readonly looped: number;
}

/** A judge, and whether it judges itself. */
export interface ReportedJudge {
  readonly name: string;
  readonly model: string;
  /** Policies that are the same model of the same server, or an adapter of it. */
  readonly isAlso: readonly string[];
}

/** One task with all that was said of it. */
export interface WildbenchSample {
  readonly task: TaskRow;
  readonly answers: readonly {
    readonly policy: string;
    /** `null` where the call failed. */
    readonly text: string | null;
    readonly lengthLimited: boolean;
    readonly looped: boolean;
    readonly scores: readonly AnswerScore[];
    readonly pairs: readonly AnswerPair[];
  }[];
}

/** What a run of WildBench has measured. */
export interface WildbenchReport extends ReportBase {
  readonly loop: 'wildbench';
  readonly mode: ConformanceMode;
  readonly tasksInSet: number;
  /** Tasks that every policy has answered. */
  readonly tasksAnswered: number;
  readonly policies: readonly ReportedPolicy[];
  readonly baselines: readonly string[];
  /** The policy that the others are measured against. */
  readonly reference: string;
  readonly judges: readonly ReportedJudge[];
  /** One a judge, in order of their names. */
  readonly boards: readonly JudgeBoard[];
  readonly samples: readonly WildbenchSample[];
}
