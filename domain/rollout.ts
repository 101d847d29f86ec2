import type { Verdict } from './checklist.ts';
import type { FinishReason } from './completion.ts';

/** A completion and how it was drawn, or the reason why there is none. */
export interface Rollout {
  readonly promptId: string;
  /** Index g of this rollout in its group of G. */
  readonly sampleIndex: number;
  /** The seed that this sample was drawn with. */
  readonly seed: number;
  /** `policyStamp` of the weights that made it. */
  readonly policy: string;
  readonly outcome: RolloutOutcome;
  /** What its call took, where the call drew this rollout alone; `null` where the server did not say. */
  readonly tokens?: { readonly prompt: number | null; readonly completion: number | null };
  /** What the sampler read and drew, where training needs it. */
  readonly sampled?: SampledTokens;
}

/** Token ids of an answer: text does not lead back to the ids that were drawn. */
export interface SampledTokens {
  readonly promptTokenIds_T: readonly number[];
  readonly tokenIds_T: readonly number[];
  /** Of the sampled tokens, nats; as many as `tokenIds_T`. */
  readonly logprobs_T: readonly number[];
}

export type RolloutOutcome =
  | {
      readonly ok: true;
      readonly text: string;
      readonly finishReason: FinishReason;
      readonly rawFinishReason: string | null;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** A rollout with a verdict for each item of its prompt's checklist; none when the rollout failed. */
export interface JudgedRollout extends Rollout {
  readonly verdicts_I: readonly Verdict[];
  /** yes / (yes + no); `null` when no item was decided, or where it measures, fewer than `evaluation.minCoverage` asks for. */
  readonly passRate: number | null;
}

/** All rollouts of one prompt, in order of sample index. */
export interface JudgedGroup {
  readonly promptId: string;
  readonly rollouts_G: readonly JudgedRollout[];
}
