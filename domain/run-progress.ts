/** Stages of a run, in order; evaluate comes before the first round and after each publish. */
export const RUN_STAGES = [
  'preflight',
  'prepare',
  'evaluate',
  'sample',
  'judge',
  'select',
  'train',
  'publish',
  'report',
  'done',
] as const;

export type RunStage = (typeof RUN_STAGES)[number];

export type RunStatus = 'running' | 'paused' | 'pausing' | 'stopping' | 'done' | 'failed' | 'stopped';

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
  readonly stage: RunStage;
  /** 0 before the first training round. */
  readonly round: number;
  readonly rounds: number;
  /** Rows of the stage; steps while training. */
  readonly rowsDone: number;
  readonly rowsTotal: number;
  /** Model calls and tokens of the whole run so far. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly passRate: number | null;
  readonly evaluations: readonly { readonly round: number; readonly mean: number | null }[];
  readonly training: TrainingProgress | null;
  readonly note: string | null;
}
