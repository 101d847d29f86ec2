import type { RefineLoop, Refinement, StopReason } from '../../refine/refinement.ts';
import type { CallBudget } from '../call-budget.ts';
import type { ReportBase, ReportInterval } from '../report-base.ts';
import type { CountOf, VerdictTally } from '../tally-verdicts.ts';
import type { Judging } from '../who-judges.ts';

/** A mean without interval, over `n` prompts. */
export interface PlainMean {
  readonly mean: number;
  readonly n: number;
}

/** What each prompt's answer is worth at a turn; one that had stopped keeps its last answer. */
export interface RefineTurn {
  readonly turn: number;
  readonly gold: ReportInterval | null;
  /** Against turn 0, paired by prompt; `null` at turn 0. */
  readonly change: ReportInterval | null;
  /** By the judge that steers: no measure of quality. */
  readonly judge: PlainMean | null;
  /** Answers that were made at this turn. */
  readonly newAnswers: number;
  /** Of these, ended by the length limit. */
  readonly truncated: number;
  /** Of these, ended by the server because they looped. */
  readonly looped: number;
}

/** Items that rewriting turned from no to yes and from yes to no, each with what it could have turned. */
export interface ItemFlips {
  readonly gained: number;
  /** Decided again after a no. */
  readonly failedBefore: number;
  readonly lost: number;
  /** Decided again after a yes. */
  readonly passedBefore: number;
}

/** Why a rewrite was not gone on from. */
export type TurnedDownReason = Extract<StopReason, 'no-change' | 'cycle' | 'degenerate' | 'failed'>;

/** What one loop did with its prompts. */
export interface LoopResult {
  readonly loop: RefineLoop;
  readonly prompts: number;
  /** Prompts with a first answer. */
  readonly answered: number;
  readonly turns: readonly RefineTurn[];
  readonly returned: Pick<RefineTurn, 'gold' | 'change' | 'judge'>;
  /** Prompts by reason, most frequent first. */
  readonly stopReasons: readonly (readonly [StopReason, number])[];
  readonly rewritesAsked: number;
  readonly turnedDown: readonly (readonly [TurnedDownReason, number])[];
  /** All answers that were kept, turn 0 included. */
  readonly answers: number;
  readonly truncated: number;
  readonly looped: number;
  readonly goldVerdicts: VerdictTally | null;
  /** Answers without a gold pass rate, of those with gold verdicts. */
  readonly goldUndecided: CountOf | null;
  readonly judgeVerdicts: VerdictTally | null;
  readonly goldFlips: ItemFlips | null;
  /** `null` also where each turn has a checklist of its own, so that no item is asked twice. */
  readonly judgeFlips: ItemFlips | null;
}

/** What rewriting made of an answer. */
export type RefineOutcome = 'improved' | 'worsened' | 'unchanged' | 'not judged';

/** One prompt with all its turns. */
export interface RefineSample {
  readonly outcome: RefineOutcome;
  /** By whose pass rates the outcome is told. */
  readonly outcomeBy: 'gold' | 'judge';
  readonly refinement: Refinement;
  /** The same prompt in the self-critique baseline, where that was run. */
  readonly baseline: Refinement | null;
}

/** What a run of self-refinement has measured. */
export interface RefineReport extends ReportBase {
  readonly loop: 'refine';
  /** Prompts of the set; those of unfinished shards are in no number. */
  readonly promptsInSet: number;
  /** T: most rewrites of an answer. */
  readonly turnLimit: number;
  readonly returns: 'last' | 'best-seen';
  readonly checklist: 'fixed' | 'regenerated';
  readonly judging: Judging;
  /** STICK first. */
  readonly loops: readonly LoopResult[];
  /** STICK minus the baseline, paired by prompt; `null` without the baseline. */
  readonly advantage: {
    readonly atLastTurn: ReportInterval | null;
    readonly returned: ReportInterval | null;
  } | null;
  readonly callBudget: CallBudget;
  readonly samples: readonly RefineSample[];
}
