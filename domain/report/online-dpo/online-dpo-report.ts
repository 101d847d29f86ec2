import type { Ruler } from '../../gates/best-version.ts';
import type { RoundAnswer, RoundDecision, RoundOutcome } from '../../gates/decide-round.ts';
import type { GateFinding } from '../../gates/gate-finding.ts';
import type { PromptRow } from '../../prompt.ts';
import type { JudgedRollout } from '../../rollout.ts';
import type { SelectionCounts } from '../../run.ts';
import type { KlMeasure } from '../../gates/estimate-kl.ts';
import type { TaskMeasures } from '../../wildbench/task-measures.ts';
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
  /** The same by gold; `null` where gold measures nothing. */
  readonly gold: ReportInterval | null;
  /** Pass rate of each held-out prompt that has one, by id; gold is not in. */
  readonly rates: readonly (readonly [promptId: string, rate: number])[];
  readonly prompts: number;
  /** Answers asked for, the failed ones included. */
  readonly completions: number;
  readonly failed: number;
  readonly truncated: number;
  /** Ended by the server because they looped. */
  readonly looped: number;
  /** Verdicts, not answers. */
  readonly unparsed: number;
  /** Answers with too few decided items for a pass rate, of those that did not fail; they are in no mean. */
  readonly undecided: CountOf;
  readonly byKind: readonly KindTally[];
  /** Divergence from the base; `null` where it is not measured. */
  readonly kl: KlMeasure | null;
  /** Answers to tasks; `null` where the config names none. */
  readonly tasks: TaskMeasures | null;
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
  /** Of preference training only. */
  readonly margin: number | null;
  readonly accuracy: number | null;
}

/** What the trainer said when it was done. */
export interface ReportTraining {
  readonly steps: number | null;
  /** Pairs, completions or answers that were trained on. */
  readonly rows: number | null;
  /** Rows left out because they were too long. */
  readonly dropped: number | null;
  /** Rows left out because the chat template would change them. */
  readonly unfaithful?: number;
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

/** What the gates said of a round, and what became of it. */
export interface ReportGates {
  readonly decision: RoundDecision;
  readonly findings: readonly GateFinding[];
  /** A person's answer; `null` where nobody was asked or has answered. */
  readonly answer: RoundAnswer | null;
  /** `null` while it waits. */
  readonly outcome: RoundOutcome | null;
}

/** One training round. */
export interface ReportRound extends SelectionCounts {
  /** 1 is the first round. */
  readonly round: number;
  readonly rollouts: number;
  readonly failed: number;
  readonly truncated: number;
  readonly looped: number;
  readonly unparsed: number;
  readonly meanPassRate: number | null;
  readonly training: ReportTraining | null;
  readonly publish: ReportPublish | null;
  /** `null` before its evaluation was held against them. */
  readonly gates: ReportGates | null;
  readonly curve: readonly CurvePoint[];
}

/** One prompt with all its judged rollouts, and what selection made of them. */
export interface ReportSample {
  readonly round: number;
  readonly prompt: PromptRow;
  readonly rollouts_G: readonly JudgedRollout[];
  /** `null` when no answer was preferred. */
  readonly chosenSampleIndex: number | null;
  readonly rejectedSampleIndex: number | null;
  /** One sentence: what this prompt gave to train on, or why nothing. */
  readonly why: string;
}

/** What a run of online DPO has measured and made. */
export interface OnlineDpoReport extends ReportBase {
  readonly loop: 'online-dpo';
  /** `training.method`; `null` for a run that only makes data. */
  readonly method: string | null;
  /** The round that the run returns, the best of those accepted; 0 is the base. */
  readonly bestRound: number;
  /** Whose verdicts it is the best by. */
  readonly ruler: Ruler;
  /** Base first, then by round. */
  readonly evaluations: readonly ReportEvaluation[];
  readonly differences: readonly ReportDifference[];
  readonly rounds: readonly ReportRound[];
  readonly samples: readonly ReportSample[];
}
