import type { Verifier } from './verifiers/verifier.ts';

/** One yes/no question about a completion. YES is always good. */
export interface Item {
  readonly question: string;
  /** Decides the item by code. Without it a judge decides. */
  readonly verifier?: Verifier;
  /** Importance, 0 to 100; 100 where none is given. */
  readonly weight?: number;
  /** Said in the instruction, sensible for its domain, or asked of every answer. */
  readonly kind?: 'explicit' | 'implicit' | 'universal';
}

/** The ordered items (I) of one prompt. */
export type Checklist = readonly Item[];

/** Why there is no verdict. */
export type UnparsedCause =
  | 'refused'
  | 'truncated'
  | 'malformed'
  | 'empty'
  | 'too-long'
  | 'tied'
  | 'low-label-mass'
  | 'verifier-failed';

/** How many votes of a judge, or of several, said what. */
export interface Votes {
  readonly yes: number;
  readonly no: number;
  readonly unparsed: number;
}

/** The answer to one item for one completion; `unparsed` is never a `no`. */
export type Verdict = (
  | { readonly answer: 'yes' | 'no'; readonly by: 'code' | 'judge' }
  | { readonly answer: 'unparsed'; readonly by: 'code' | 'judge'; readonly cause: UnparsedCause }
) & {
  readonly reason: string;
  /** Soft verdict in [0, 1], where the judge gave one: P(yes), a mean score / 100, or the share of yes votes. */
  readonly probability?: number;
  /** P(yes) + P(no) of the judge's next token, where the verdict was read from it; [0, 1]. */
  readonly labelMass?: number;
  /** How many of the votes behind it a second call gave, which could say only yes or no; left out where none. */
  readonly secondCalls?: number;
  /** Where more than one vote, score or judge was asked for. */
  readonly votes?: Votes;
  /** What each judge said, where there are several. */
  readonly judges?: readonly JudgeOpinion[];
};

/** The verdict of one judge of several. */
export type JudgeOpinion = Verdict & { readonly judge: string };
