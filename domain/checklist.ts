import type { Verifier } from './verifiers/verifier.ts';

/** One yes/no question about a completion. YES is always good. */
export interface Item {
  readonly question: string;
  /** Decides the item by code. Without it a judge decides. */
  readonly verifier?: Verifier;
}

/** The ordered items (I) of one prompt. */
export type Checklist = readonly Item[];

/** Why a judge's reply gave no verdict. */
export type UnparsedCause = 'refused' | 'truncated' | 'malformed' | 'empty';

/** The answer to one item for one completion; `unparsed` is never a `no`. */
export type Verdict =
  | { readonly answer: 'yes' | 'no'; readonly by: 'code' | 'judge'; readonly reason: string }
  | { readonly answer: 'unparsed'; readonly by: 'judge'; readonly cause: UnparsedCause; readonly reason: string };
