import type { PromptRow } from '../../prompt.ts';
import type { JudgedRollout } from '../../rollout.ts';
import type { ReportBase, ReportInterval } from '../report-base.ts';
import type { CountOf } from '../tally-verdicts.ts';

/** How the items that one kind of verifier (or the judge) decides came out. */
export interface KindTally {
  /** Kind of the verifier, or `judge`. */
  readonly kind: string;
  readonly yes: number;
  /** yes + no; unparsed verdicts are in neither. */
  readonly decided: number;
}

/** One pass over the held-out prompts with one policy. */
export interface ReportEvaluation {
  /** 0 is the base model. */
  readonly round: number;
  readonly policyStamp: string;
  /** Held-out pass rate over the prompts that have one; `null` when none has. */
  readonly interval: ReportInterval | null;
  readonly prompts: number;
  /** Answers asked for, the failed ones included. */
  readonly completions: number;
  readonly failed: number;
  readonly truncated: number;
  /** Verdicts, not answers. */
  readonly unparsed: number;
  /** Answers with too few decided items for a pass rate, of those that did not fail; they are in no mean. */
  readonly undecided: CountOf;
  readonly byKind: readonly KindTally[];
}

/** Pass rate of a round minus pass rate of the base model, paired by prompt. */
export interface ReportDifference {
  readonly round: number;
  readonly interval: ReportInterval;
}

/** One logged step of the trainer. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number | null;
  readonly margin: number | null;
  readonly accuracy: number | null;
}

/** What the trainer said when it was done. */
export interface ReportTraining {
  readonly steps: number | null;
  readonly pairs: number | null;
  /** Pairs left out because they were too long. */
  readonly dropped: number | null;
  readonly finalLoss: number | null;
  readonly finalMargin: number | null;
  readonly trainSeconds: number | null;
  /** Last step of the checkpoint that training went on from; `null` when it started afresh. */
  readonly resumedFromStep: number | null;
}

/** What the probe saw when the adapter was served. */
export interface ReportPublish {
  readonly adapterHash: string;
  /** Mean change against the previous policy, nats a token. */
  readonly meanChange: number | null;
  /** Mean difference between served and trained log-probabilities, nats a token. */
  readonly meanDisagreement: number | null;
  readonly servedModel: string;
}

/** One training round. */
export interface ReportRound {
  /** 1 is the first round. */
  readonly round: number;
  readonly rollouts: number;
  readonly failed: number;
  readonly truncated: number;
  readonly unparsed: number;
  readonly meanPassRate: number | null;
  readonly prompts: number;
  readonly promptsWithPair: number | null;
  readonly pairs: number;
  readonly allEqual: number;
  readonly marginTooSmall: number;
  readonly tooFewJudged: number;
  readonly training: ReportTraining | null;
  readonly publish: ReportPublish | null;
  readonly curve: readonly CurvePoint[];
}

/** One prompt with all its judged rollouts, and what selection made of them. */
export interface ReportSample {
  readonly round: number;
  readonly prompt: PromptRow;
  readonly rollouts_G: readonly JudgedRollout[];
  /** `null` when the prompt gave no pair. */
  readonly chosenSampleIndex: number | null;
  readonly rejectedSampleIndex: number | null;
  /** One sentence: why this pair, or why none. */
  readonly why: string;
}

/** What a run of online DPO has measured and made. */
export interface OnlineDpoReport extends ReportBase {
  readonly loop: 'online-dpo';
  /** Base first, then by round. */
  readonly evaluations: readonly ReportEvaluation[];
  readonly differences: readonly ReportDifference[];
  readonly rounds: readonly ReportRound[];
  readonly samples: readonly ReportSample[];
}
