import type { ApprovalRequest } from './gates/approval-request.ts';

/** Stages of each loop, in order; `evaluate` comes before the first round and after each publish. */
export const LOOP_STAGES = {
  'online-dpo': ['preflight', 'evaluate', 'sample', 'select', 'train', 'publish', 'gates', 'report', 'done'],
  refine: ['preflight', 'refine', 'report', 'done'],
  'best-of-n': ['preflight', 'candidates', 'report', 'done'],
  bolt: [
    'preflight',
    'curate',
    'bootstrap',
    'evaluate',
    'sample',
    'select',
    'train',
    'publish',
    'gates',
    'report',
    'done',
  ],
  wildbench: ['preflight', 'compare', 'report', 'done'],
  skillmix: ['preflight', 'inventory', 'generate', 'settle', 'report', 'done'],
  magpie: ['preflight', 'synthesize', 'report', 'done'],
} as const;

export type LoopStages = (typeof LOOP_STAGES)[keyof typeof LOOP_STAGES];
export type RunStage = LoopStages[number];

/** What of the stage `evaluate` is at work: answers to held-out prompts or followed queries, the divergence, answers to tasks. */
export type EvaluatePart = 'held-out' | 'followed' | 'divergence' | 'tasks';

export type RunStatus = 'running' | 'waiting' | 'paused' | 'pausing' | 'stopping' | 'done' | 'failed' | 'stopped';

/** Where the trainer is; `null` where it has not said. */
export interface TrainingProgress {
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number | null;
  readonly margin: number | null;
}

/** What a run tells of itself while it goes on. */
export interface RunProgress {
  readonly runName: string;
  readonly status: RunStatus;
  readonly stages: LoopStages;
  readonly stage: RunStage;
  /** What of an evaluation is at work; `null` in every other stage. */
  readonly part: EvaluatePart | null;
  /** 0 before the first training round. */
  readonly round: number;
  /** 0 for a loop that does not train. */
  readonly rounds: number;
  /** Model calls of the stage, queries while curating, tokens of a divergence, otherwise steps; never more than `stageTotal`. */
  readonly stageDone: number;
  readonly stageTotal: number;
  /** Model calls and tokens of the whole run so far. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of these calls, those whose tokens nobody reported. */
  readonly unreportedCalls: number;
  /** Tokens that a reference has scored for `gates.kl`, one short call each: not among the calls. */
  readonly scored: number;
  readonly passRate: number | null;
  readonly evaluations: readonly { readonly round: number; readonly mean: number | null }[];
  readonly training: TrainingProgress | null;
  /** The round that a person has to decide on. */
  readonly awaits: ApprovalRequest | null;
  readonly note: string | null;
}
