import { z } from 'zod';

import type { PromptRow } from '../../domain/prompt.ts';
import type { Verifier } from '../../domain/verifiers/verifier.ts';

const noArgs = z.strictObject({});

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
]) satisfies z.ZodType<Verifier>;

/** One line of a prompt set. Unknown fields are errors. */
export const promptRow = z.strictObject({
  promptId: z
    .string()
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u, { error: 'must be 1 to 200 printable characters' })
    .regex(/\S/, { error: 'must not be blank' }),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: someText }))
    .min(1)
    .refine((messages) => messages.at(-1)?.role === 'user', { error: 'the last message must be the user’s' }),
  checklist: z.array(z.strictObject({ question: someText, verifier: verifier.exactOptional() })).min(1),
}) satisfies z.ZodType<PromptRow>;
