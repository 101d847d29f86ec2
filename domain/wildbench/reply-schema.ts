import type { JsonValue } from '../canonical-json.ts';
import { PAIR_CHOICES } from './outcome.ts';

/** Keys of a pair reply that hold its reasons, in the order in which they are written. */
export const PAIR_REASONS = [
  'analysis of A',
  'analysis of B',
  'reason of A=B',
  'reason of A>B',
  'reason of B>A',
] as const;

/** Reasons of a choice by their key; those that the judge left out are absent. */
export type PairReasons = Readonly<Partial<Record<(typeof PAIR_REASONS)[number], string>>>;

/** Analysis stands before the verdict, and servers write in that order. */
function replySchema(texts: readonly string[], verdict: string, values: readonly string[]) {
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries(texts.map((name) => [name, { type: 'string' }])),
      [verdict]: { type: 'string', enum: [...values] },
    },
    required: [...texts, verdict],
    additionalProperties: false,
  } satisfies { readonly [key: string]: JsonValue };
}

/** JSON schema of a score. */
export const SCORE_REPLY_SCHEMA = replySchema(
  ['strengths', 'weaknesses'],
  'score',
  Array.from({ length: 10 }, (_, index) => String(index + 1)),
);

/** JSON schema of a choice between two answers. */
export const PAIR_REPLY_SCHEMA = replySchema(PAIR_REASONS, 'choice', PAIR_CHOICES);
