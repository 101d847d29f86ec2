import type { IfevalInstruction } from '../ifeval/ifeval-kind.ts';
import type { ProgramVerifier } from './program.ts';

/**
 * The decisions that code can make, as data. Named after the IFEval kinds they follow where there is one.
 *
 * @source IFEval (arXiv 2311.07911) §3, table 1: "verifiable instructions"
 */
export type DeclarativeVerifier =
  | { readonly kind: 'length_words'; readonly args: LengthArgs }
  | { readonly kind: 'length_sentences'; readonly args: LengthArgs }
  | { readonly kind: 'all_lowercase'; readonly args: NoArgs }
  | { readonly kind: 'all_uppercase'; readonly args: NoArgs }
  | { readonly kind: 'required_words'; readonly args: WordsArgs }
  | { readonly kind: 'forbidden_words'; readonly args: WordsArgs }
  | { readonly kind: 'no_comma'; readonly args: NoArgs }
  | { readonly kind: 'bullet_list'; readonly args: { readonly count: number } }
  | { readonly kind: 'end_phrase'; readonly args: { readonly phrase: string } }
  | { readonly kind: 'ifeval'; readonly args: IfevalArgs };

/** How code decides an item: by data, or by a program that a model wrote. */
export type Verifier = DeclarativeVerifier | ProgramVerifier;

/** Bounds are inclusive; at least one of them is given. */
export interface LengthArgs {
  readonly min?: number;
  readonly max?: number;
}

/** One of IFEval's instructions; `loose` also accepts the response without its first or last line or its asterisks. */
export type IfevalArgs = IfevalInstruction & { readonly loose?: boolean };

export interface WordsArgs {
  readonly words: readonly string[];
}

export type NoArgs = Readonly<Record<string, never>>;

/** What a verifier found, with the measured value in words, for a report. */
export interface VerifierFinding {
  readonly pass: boolean;
  readonly reason: string;
}
