import type { Checklist, Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';

/** Which loop rewrites: by checklist (STICK), or by unstructured self-critique (the baseline). */
export type RefineLoop = 'refine' | 'self-refine';

/** Why an answer was not rewritten any further. */
export type StopReason =
  | 'all-pass'
  | 'no-checklist'
  | 'invalid-evaluation'
  | 'no-change'
  | 'cycle'
  | 'degenerate'
  | 'failed'
  | 'turn-limit';

/** One answer on the way, turn 0 being the first. */
export interface TurnRecord {
  readonly turn: number;
  readonly text: string;
  readonly finishReason: FinishReason;
  /** The judge's, that steered the loop; empty where it was not asked. */
  readonly verdicts_I: readonly Verdict[];
  readonly passRate: number | null;
  /** The gold judge's or the code's, that only measured; empty where nothing measures. */
  readonly gold_I: readonly Verdict[];
  readonly goldPassRate: number | null;
  /**
   * Items (by index) that the judge passes now and did not the turn before, and the other way round; empty where each turn
   * has a checklist of its own.
   */
  readonly gained: readonly number[];
  readonly lost: readonly number[];
  /** The checklist of this turn, where each turn has a new one; `null` where that of the refinement holds. */
  readonly ownChecklist: Checklist | null;
  /** Tokens that writing it took: of the answer's or the rewrite's call; `null` where the server did not say. */
  readonly tokens: { readonly prompt: number | null; readonly completion: number | null };
  /** What the rewriter was told, for the self-critique baseline. */
  readonly critique: string | null;
}

/** All turns of one prompt in one loop. */
export interface Refinement {
  readonly promptId: string;
  readonly loop: RefineLoop;
  readonly instruction: string;
  readonly checklist: Checklist;
  /** What the gold verdicts answer: the given checklist where the prompt has one. */
  readonly goldChecklist: Checklist;
  readonly turns_T: readonly TurnRecord[];
  readonly stopReason: StopReason;
  /** The rewrite that ended it by being turned down; `null` where none was. */
  readonly turnedDown: string | null;
  /** The turn that is the result; `null` when there is no answer at all. */
  readonly returnedTurn: number | null;
}
