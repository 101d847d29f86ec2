import { z } from 'zod';

const someText = z.string().regex(/\S/, { error: 'must not be blank' });
const idText = z.union([z.string(), z.int()]).transform(String);

const messages = z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1);

/** A task of WildBench: fields as in `allenai/WildBench`; others are passed over. */
export const wildBenchRow = z.object({
  session_id: someText,
  conversation_input: messages,
  checklist: z.array(someText),
});

/** A task of InFoBench: fields as in `kqsong/InFoBench`; others are passed over. */
export const infoBenchRow = z.object({
  id: someText,
  instruction: someText,
  input: z.string().default(''),
  decomposed_questions: z.array(someText),
});

/** A question of MT-Bench: fields as in FastChat's `question.jsonl`; others are passed over. */
export const mtBenchRow = z.object({
  question_id: idText,
  turns: z.array(someText).min(1),
});

/** A rubric of the library `verifiers`: choices are ordered from worst to best. */
export const verifiersRubric = z.object({
  criteria: z
    .array(
      z.object({
        name: someText,
        text: someText,
        weight: z.number().min(0).default(1),
        choices: z.array(z.string()).min(2).default(['no', 'yes']),
      }),
    )
    .min(1),
});

/** A rubric with the prompt it belongs to, one a line. */
export const verifiersRow = verifiersRubric.extend({
  id: idText,
  prompt: z.union([someText, messages]),
});
