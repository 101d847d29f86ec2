import { z } from 'zod';

import type { PromptRow } from '../../domain/prompt.ts';
import type { Verifier } from '../../domain/verifiers/verifier.ts';
import { ifevalVerifierArgs } from './ifeval-instruction.ts';

const noArgs = z.strictObject({});

/** Characters; a check of one requirement is short. */
const LONGEST_PROGRAM = 20_000;

const lengthArgs = z
  .strictObject({ min: z.int().min(0).exactOptional(), max: z.int().min(1).exactOptional() })
  .refine(({ min, max }) => min !== undefined || max !== undefined, { error: 'give min, max or both' })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    error: 'min must not be larger than max',
  });

const someText = z.string().regex(/\S/, { error: 'must not be blank' });
const wordsArgs = z.strictObject({ words: z.array(someText).min(1) });

const verifier = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('length_words'), args: lengthArgs }),
  z.strictObject({ kind: z.literal('length_sentences'), args: lengthArgs }),
  z.strictObject({ kind: z.literal('all_lowercase'), args: noArgs }),
  z.strictObject({ kind: z.literal('all_uppercase'), args: noArgs }),
  z.strictObject({ kind: z.literal('required_words'), args: wordsArgs }),
  z.strictObject({ kind: z.literal('forbidden_words'), args: wordsArgs }),
  z.strictObject({ kind: z.literal('no_comma'), args: noArgs }),
  z.strictObject({ kind: z.literal('bullet_list'), args: z.strictObject({ count: z.int().min(1) }) }),
  z.strictObject({ kind: z.literal('end_phrase'), args: z.strictObject({ phrase: someText }) }),
  z.strictObject({ kind: z.literal('ifeval'), args: ifevalVerifierArgs }),
  z.strictObject({ kind: z.literal('program'), args: z.strictObject({ source: someText.max(LONGEST_PROGRAM) }) }),
]) satisfies z.ZodType<Verifier>;

const item = z.strictObject({
  question: someText,
  verifier: verifier.exactOptional(),
  weight: z.int().min(0).max(100).exactOptional(),
  kind: z.enum(['explicit', 'implicit', 'universal']).exactOptional(),
});

/** The items of a prompt; none where they are to be written. */
export const checklist = z
  .array(item)
  .refine((items) => items.length === 0 || items.some(({ weight }) => weight !== 0), {
    error: 'at least one weight must be above 0',
  });

/** One line of a prompt set whose checklist may be missing or empty: it is to be written. Unknown fields are errors. */
export const barePromptRow = z.strictObject({
  promptId: z
    .string()
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u, { error: 'must be 1 to 200 printable characters' })
    .regex(/\S/, { error: 'must not be blank' }),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: someText }))
    .min(1)
    .refine((messages) => messages.at(-1)?.role === 'user', { error: 'the last message must be the user’s' }),
  checklist: checklist.default([]),
}) satisfies z.ZodType<PromptRow>;

/** One line of a prompt set that brings its own checklist. Unknown fields are errors. */
export const promptRow = barePromptRow.extend({
  checklist: checklist.refine((items) => items.length > 0, { error: 'must hold at least one item' }),
}) satisfies z.ZodType<PromptRow>;
