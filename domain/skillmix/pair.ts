/** A message and its answer. */
export interface Pair {
  readonly instruction: string;
  readonly response: string;
}

/** Why no pair was read from a reply. */
export const PAIR_FAULTS = [
  'empty',
  /** Ended by the length limit: a shorter reply may be whole. */
  'cut',
  /** Ended by the server because it looped: no shorter reply is asked for, another one is. */
  'looped',
  /** Broken off for another reason: a filter, an end that the server did not name. */
  'unfinished',
  'no-labels',
  'no-instruction',
  'no-response',
  'malformed',
  'placeholder',
  'apology',
  'cannot-combine',
] as const;
export type PairFault = (typeof PAIR_FAULTS)[number];

/** What was read from a reply; a refined turn may hold the answer alone. */
export type PairReply =
  | { readonly ok: true; readonly instruction: string | null; readonly response: string }
  | { readonly ok: false; readonly fault: PairFault };

/** The line that a model writes instead of a pair when the skills and the type go ill together. */
export const CANNOT_COMBINE = 'CANNOT COMBINE';

/** A pair in the layout that replies have: how an earlier turn stands in the chat. */
export function renderPair({ instruction, response }: Pair): string {
  return `### Instruction:\n${instruction}\n\n### Response:\n${response}`;
}
