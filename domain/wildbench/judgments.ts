import type { UnreadableCause } from './judge-reply.ts';
import type { PairJudgment } from './pairs.ts';
import type { PairReasons } from './reply-schema.ts';
import type { ScoreJudgment } from './score.ts';

/** Who decided, and what became of the judge's words. */
interface Judged {
  readonly judge: string;
  /** `code`: an answer that is empty is not shown to anyone in strict mode. */
  readonly by: 'judge' | 'code';
  /** Why the last reply gave nothing; `null` for one that could be read. */
  readonly unreadable: UnreadableCause | 'refused' | null;
  /** Replies that were asked for. */
  readonly attempts: number;
}

/** A judge's score of one answer. */
export interface AnswerScore extends ScoreJudgment, Judged {
  readonly strengths: string;
  readonly weaknesses: string;
}

/** A judge's choice between the answers of a policy and a baseline, in one order. */
export interface AnswerPair extends PairJudgment, Judged {
  readonly baseline: string;
  readonly reasons: PairReasons;
}
