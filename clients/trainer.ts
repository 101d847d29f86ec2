import type { ChatMessage } from '../domain/prompt.ts';

/** What all scripts of `trainer/` are told, as `job.json`. Paths are absolute. */
interface TrainingJobBase {
  readonly schemaVersion: 1;
  readonly baseModelPath: string;
  /** Adapter to go on from; `null` starts a new one, or trains all weights where `loraRank` is `null`. */
  readonly startAdapterPath: string | null;
  /** `optimizerPath` of an earlier result with the same trained weights; without it the optimizer starts fresh. */
  readonly optimizerPath?: string | null;
  readonly outputDir: string;
  readonly seed: number;
  /** Conversations whose log-probabilities the trainer reports, for the publish probe. */
  readonly probes: readonly (readonly ChatMessage[])[];
}

/** What training is pulled back to. */
interface ReferenceChoice {
  /** `previous` (default): the policy that the job starts from. `initial`: the one at `initialPolicyPath`. */
  readonly reference?: 'previous' | 'initial';
  /** Adapter folder, or model folder where `loraRank` is `null`; without it an adapter's reference is the base model. */
  readonly initialPolicyPath?: string | null;
}

/** Settings that do not depend on the method. */
interface TrainingHyperparameters {
  /** Peak learning rate; warm-up takes the first tenth of the steps. */
  readonly learningRate: number;
  readonly epochs: number;
  /** Pairs, rows or completions of one optimizer step, whatever the number of processes. */
  readonly batchSize: number;
  /** Of them in one forward pass; divides `batchSize`, which it is without this. */
  readonly microBatchSize?: number;
  /** Longest prompt plus answer in tokens; nothing is ever cut. */
  readonly maxLength: number;
  /** `drop` (default) leaves longer ones out and counts them; `refuse` refuses the job. */
  readonly tooLong?: 'drop' | 'refuse';
  /** `null` trains all weights. */
  readonly loraRank: number | null;
  /** `null` where `loraRank` is. */
  readonly loraAlpha: number | null;
  /** `cosine` by default. */
  readonly schedule?: 'cosine' | 'constant';
  readonly saveSteps: number;
  readonly device: 'cpu' | 'auto';
}

/** Job of `dpo.py`: preference pairs. */
export interface DpoJob extends TrainingJobBase, ReferenceChoice {
  readonly method: 'dpo';
  /** JSONL of `PreferencePair`. */
  readonly pairsPath: string;
  readonly hyperparameters: TrainingHyperparameters & {
    readonly beta: number;
    /** Weight of the negative log-likelihood of the chosen answers beside the DPO loss; 0 by default. */
    readonly nllWeight?: number;
  };
}

/** Job of `sft.py`: answers to imitate. Rejection sampling and ReST-EM are this on the answers that were chosen. */
export interface SftJob extends TrainingJobBase {
  readonly method: 'sft';
  /** JSONL of `TrainingRow`. */
  readonly rowsPath: string;
  /** JSONL of `TrainingRow` on which the loss is measured before and after. */
  readonly evalPath?: string | null;
  readonly hyperparameters: TrainingHyperparameters;
}

/** Job of `grpo.py`: policy gradient on groups that were sampled and rewarded elsewhere. */
export interface GrpoJob extends TrainingJobBase, ReferenceChoice {
  readonly method: 'grpo';
  /** JSONL of `TrainingGroup`. */
  readonly groupsPath: string;
  readonly hyperparameters: TrainingHyperparameters & {
    readonly algorithm: 'grpo' | 'dapo' | 'dr-grpo' | 'rloo' | 'reinforce';
    /** Strength of the pull towards the reference; 0 by default, and then no reference is computed. */
    readonly beta?: number;
    /** Lower, and without `epsilonHigh` also upper, clip distance of the ratio; 0.2 by default. */
    readonly epsilon?: number;
    readonly epsilonHigh?: number;
    /** Of the sampling that drew the completions; 1 by default. */
    readonly temperature?: number;
    /** Truncated completions count for the baseline and not for the loss; false by default. */
    readonly maskTruncated?: boolean;
  };
}

export type TrainingJob = DpoJob | SftJob | GrpoJob;

/** Line of `rowsPath`; the loss is on the completion only. */
export interface TrainingRow {
  readonly prompt: readonly ChatMessage[];
  readonly completion: readonly ChatMessage[];
}

/** Line of `groupsPath`: all completions of one prompt. */
export interface TrainingGroup {
  readonly prompt: readonly ChatMessage[];
  /** The ids that the sampler saw; without them the prompt is rendered with the model's chat template. */
  readonly promptTokenIds?: readonly number[];
  readonly completions: readonly {
    readonly tokenIds: readonly number[];
    /** Of the distribution sampled from, nats, one a token; only `reinforce` does without. */
    readonly logprobs?: readonly number[] | null;
    /** `null` for one that could not be scored: it counts for nothing, which is not 0. */
    readonly reward: number | null;
    readonly truncated: boolean;
  }[];
}

interface StartCounts {
  readonly pairs?: number;
  readonly rows?: number;
  readonly groups?: number;
}

/** One line of `events.jsonl`. */
export type TrainerEvent =
  | (StartCounts & {
      readonly event: 'start';
      readonly pid: number;
      readonly totalSteps: number;
      readonly dropped: number;
      readonly resumedFromStep: number;
    })
  | {
      readonly event: 'step';
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly learningRate: number;
      /** Pairs, rows or completions a second. */
      readonly rate: number;
      /** dpo: implicit reward of chosen minus that of rejected. */
      readonly margin?: number;
      /** dpo: share of pairs with a positive margin; sft: share of tokens that are the most probable one. */
      readonly accuracy?: number;
      /** grpo: share of clipped ratios. */
      readonly clipRatio?: number;
      /** grpo: nats a token. */
      readonly entropy?: number;
      /** grpo with a reference in the loss: nats a token. */
      readonly kl?: number;
    }
  | { readonly event: 'checkpoint'; readonly step: number; readonly path: string };

/** Token ids of a probe and the mean log-probability a token that the trainer computes, in nats. */
export interface ProbeScore {
  readonly tokenIds: readonly number[];
  /** Of the model at `baseModelPath`. */
  readonly baseLogprobs: readonly number[];
  /** With the new adapter, or of the new weights. Both have length tokenIds.length - 1. */
  readonly adapterLogprobs: readonly number[];
}

/** `result.json`, written last. */
interface TrainingResultBase {
  readonly schemaVersion: 1;
  /** Folder with `adapter_config.json` and `adapter_model.safetensors` at its root, and nothing else; `null` for whole weights. */
  readonly adapterDir: string | null;
  /** Folder of a whole model with `manifest.json`; `null` for an adapter. */
  readonly weightsDir: string | null;
  /** SHA-256 of that manifest, which holds those of all other files. */
  readonly weightsHash: string | null;
  /** Optimizer state of the last step, within the checkpoints. */
  readonly optimizerPath: string | null;
  readonly steps: number;
  /** Pairs, rows or completions longer than `maxLength`, left out. */
  readonly dropped: number;
  readonly resumedFromStep: number;
  readonly finalLoss: number | null;
  readonly trainSeconds: number;
  readonly probes: readonly ProbeScore[];
}

export interface DpoResult extends TrainingResultBase {
  readonly method: 'dpo';
  readonly pairs: number;
  /** Pairs that the chat template would change, left out. */
  readonly unfaithful?: number;
  readonly finalMargin: number | null;
}

export interface SftResult extends TrainingResultBase {
  readonly method: 'sft';
  readonly rows: number;
  /** Rows that the chat template would change, left out. */
  readonly unfaithful?: number;
  readonly evalRows: number;
  /** Held-out rows longer than `maxLength`, or that the chat template would change. */
  readonly evalDropped: number;
  /** Completion tokens of the held-out rows: the denominator of both losses. */
  readonly evalTokens: number;
  /** Nats a token; `null` without held-out rows. */
  readonly evalLossBefore: number | null;
  readonly evalLossAfter: number | null;
}

export interface GrpoResult extends TrainingResultBase {
  readonly method: 'grpo';
  /** Groups trained on. */
  readonly groups: number;
  /** Groups whose rewards are all equal, left out. */
  readonly groupsWithoutSignal: number;
  /** Completions trained on. */
  readonly rows: number;
  /** Completions without a reward, of the groups trained on. */
  readonly unscored: number;
  /** Truncated completions left out of the loss, of the groups trained on. */
  readonly masked: number;
}

interface TrainingResults {
  readonly dpo: DpoResult;
  readonly sft: SftResult;
  readonly grpo: GrpoResult;
}

/** What a job of this kind ends with. */
export type TrainingResult<J extends TrainingJob = TrainingJob> = TrainingResults[J['method']];

/** A trainer as a process group with a contract. */
export interface Trainer {
  /**
   * Runs the job to its result: returns a finished one, adopts a living process of the same job, or starts one that resumes
   * from the last complete checkpoint. Aborting the signal ends the whole process group, unless the reason says that only
   * the worker goes (`leaveRunning`).
   *
   * @throws TrainerError `trainer/exit` with exit code and last lines of stderr, `trainer/bad-job`, `trainer/no-result`
   */
  run<J extends TrainingJob>(job: J, options: TrainerRunOptions): Promise<TrainingResult<J>>;
}

export interface TrainerRunOptions {
  readonly command: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Asked when the signal fires: true leaves the process to be adopted later (the worker is shutting down). */
  readonly leaveRunning: () => boolean;
  /** Called at least every second while the process lives, with the newest step event if there is one. */
  readonly onProgress: (latest: Extract<TrainerEvent, { event: 'step' }> | undefined) => void;
}
