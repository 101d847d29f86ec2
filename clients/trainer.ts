import type { ChatMessage } from '../domain/prompt.ts';
import type { TrainingConfig } from '../configs/schema/run-config.ts';

/** What `trainer/dpo.py` is told, as `job.json`. Paths are absolute. */
export interface TrainingJob {
  readonly schemaVersion: 1;
  readonly method: 'dpo';
  readonly baseModelPath: string;
  /** Adapter to go on from; `null` starts a new one. The reference is the policy at the start of the round. */
  readonly startAdapterPath: string | null;
  /** JSONL of `PreferencePair`. */
  readonly pairsPath: string;
  readonly outputDir: string;
  readonly seed: number;
  readonly hyperparameters: Omit<TrainingConfig, 'command' | 'method'>;
  /** Conversations whose log-probabilities the trainer reports, for the publish probe. */
  readonly probes: readonly (readonly ChatMessage[])[];
}

/** One line of `events.jsonl`. */
export type TrainerEvent =
  | {
      readonly event: 'start';
      readonly pid: number;
      readonly totalSteps: number;
      readonly pairs: number;
      readonly dropped: number;
      readonly resumedFromStep: number;
    }
  | {
      readonly event: 'step';
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly margin: number;
      readonly accuracy: number;
      readonly learningRate: number;
      /** Pairs a second. */
      readonly rate: number;
    }
  | { readonly event: 'checkpoint'; readonly step: number; readonly path: string };

/** Token ids of a probe and the mean log-probability a token that the trainer computes, in nats. */
export interface ProbeScore {
  readonly tokenIds: readonly number[];
  /** With no adapter. */
  readonly baseLogprobs: readonly number[];
  /** With the new adapter. Both have length tokenIds.length - 1. */
  readonly adapterLogprobs: readonly number[];
}

/** `result.json`, written last, beside the adapter. */
export interface TrainingResult {
  readonly schemaVersion: 1;
  /** Folder with `adapter_config.json` and `adapter_model.safetensors` at its root, and nothing else. */
  readonly adapterDir: string;
  readonly steps: number;
  readonly pairs: number;
  /** Pairs longer than `maxLength`, left out. */
  readonly dropped: number;
  readonly resumedFromStep: number;
  readonly finalLoss: number | null;
  readonly finalMargin: number | null;
  readonly trainSeconds: number;
  readonly probes: readonly ProbeScore[];
}

/** A trainer as a process group with a contract. */
export interface Trainer {
  /**
   * Runs the job to its result: returns a finished one, adopts a living process of the same job, or starts one that resumes
   * from the last complete checkpoint. Aborting the signal ends the whole process group, unless the reason says that only
   * the worker goes (`leaveRunning`).
   *
   * @throws TrainerError `trainer/exit` with exit code and last lines of stderr, `trainer/bad-job`, `trainer/no-result`
   */
  run(job: TrainingJob, options: TrainerRunOptions): Promise<TrainingResult>;
}

export interface TrainerRunOptions {
  readonly command: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Asked when the signal fires: true leaves the process to be adopted later (the worker is shutting down). */
  readonly leaveRunning: () => boolean;
  /** Called at least every second while the process lives, with the newest step event if there is one. */
  readonly onProgress: (latest: Extract<TrainerEvent, { event: 'step' }> | undefined) => void;
}
