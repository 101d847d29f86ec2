import type { Checklist, Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';

/** One of N answers to a prompt, with all that is known of it. */
export interface Candidate {
  readonly sampleIndex: number;
  readonly text: string;
  readonly finishReason: FinishReason;
  /** Of the judge that selects. */
  readonly verdicts_I: readonly Verdict[];
  readonly passRate: number | null;
  /** Of the gold judge or of code, which only measure. */
  readonly gold_I: readonly Verdict[];
  readonly goldPassRate: number | null;
  /** The policy's own score of it, 0 to 100; `null` where it was not asked or gave none. */
  readonly selfScore: number | null;
  /** Of the reward model; `null` where there is none. */
  readonly reward: number | null;
}

/** What decided among the candidates: the first link of the tie chain that left one. */
export type DecidedBy = 'pass-rate' | 'critical-items' | 'weighted' | 'soft' | 'seed';

/** The candidates of one prompt and what was made of them. */
export interface Selection {
  readonly promptId: string;
  readonly instruction: string;
  readonly checklist: Checklist;
  /** What the gold verdicts answer. */
  readonly goldChecklist: Checklist;
  /** Those that are answers; failed ones are counted in `failed`. */
  readonly candidates_N: readonly Candidate[];
  readonly failed: number;
  /** Different texts among them: 1 says that Best-of-N had nothing to choose from. */
  readonly distinct: number;
  /** Sample indices with the highest pass rate; empty when nothing was judged. */
  readonly tied: readonly number[];
  /** The one that the tie chain names; `null` when nothing was judged. */
  readonly chosen: number | null;
  readonly decidedBy: DecidedBy | null;
  /** Sample index that each baseline picks, and the greedy answer, which is no candidate. */
  readonly selfScored: number | null;
  readonly majority: number | null;
  readonly rewarded: number | null;
  readonly greedy: Candidate | null;
}
