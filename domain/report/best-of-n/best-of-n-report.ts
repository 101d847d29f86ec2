import type { DecidedBy, Selection } from '../../best-of-n/candidate.ts';
import type { ArmScore } from '../../best-of-n/compare-arms.ts';
import type { CallBudget } from '../call-budget.ts';
import type { ReportBase } from '../report-base.ts';
import type { CountOf, VerdictTally } from '../tally-verdicts.ts';
import type { Judging } from '../who-judges.ts';

/** How drawing and selecting went. */
export interface SelectionTally {
  readonly prompts: number;
  /** Candidates that are answers, of those asked for. */
  readonly candidates: CountOf;
  readonly truncated: CountOf;
  /** Ended by the server because they looped. */
  readonly looped: CountOf;
  /** Mean number of different texts, over prompts with a candidate; `null` without one. */
  readonly meanDistinct: number | null;
  /** Prompts with more than one candidate that all say the same, of those with more than one. */
  readonly onlyOneDistinct: CountOf;
  /** Prompts whose best pass rate several candidates share, of those with a choice. */
  readonly tied: CountOf;
  /** Prompts with a choice, by what left one candidate. */
  readonly decidedBy: readonly (readonly [DecidedBy, number])[];
  /** Prompts without a choice, of all. */
  readonly notChosen: CountOf;
  readonly judgeVerdicts: VerdictTally | null;
  readonly goldVerdicts: VerdictTally | null;
  /** Candidates and greedy answers without a gold pass rate, of those with gold verdicts. */
  readonly goldUndecided: CountOf | null;
  /** Candidates without a readable self-score; `null` where none was asked for. */
  readonly selfScoreUnreadable: CountOf | null;
  /** Candidates without a reward; `null` where there is no reward model. */
  readonly rewardMissing: CountOf | null;
  /** Prompts whose answers are selected and measured by the same items, all decided by code. */
  readonly sameRuler: CountOf;
  /** Pass rate by the judge that selects: of the choice, and of all candidates (mean of prompt means). No quality. */
  readonly judgeChosen: { readonly chosen: number; readonly all: number; readonly n: number } | null;
}

/** One prompt with all its candidates. */
export interface BestOfNSample {
  readonly selection: Selection;
  /** Sample indices with the highest gold pass rate; empty where nothing was measured. */
  readonly oracle: readonly number[];
  /** One sentence: why this candidate, or why none. */
  readonly why: string;
}

/** What a run of Best-of-N has measured. */
export interface BestOfNReport extends ReportBase {
  readonly loop: 'best-of-n';
  /** Prompts of the set; those of unfinished shards are in no number. */
  readonly promptsInSet: number;
  /** N. */
  readonly samplesPerPrompt: number;
  /** Whether the whole set of tied candidates is scored instead of the one that the tie chain names. */
  readonly keepTies: boolean;
  readonly judging: Judging;
  /** Those that have numbers; empty when nothing was measured. */
  readonly arms: readonly ArmScore[];
  readonly tally: SelectionTally;
  readonly callBudget: CallBudget;
  readonly samples: readonly BestOfNSample[];
}
