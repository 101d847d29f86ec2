import { z } from 'zod';

const id = z.string().min(1);
const verdict = z.boolean({ error: 'must be true, false or null' }).nullable();
const probability = z.number().min(0).max(1);
const tokenCount = z.int().min(0).nullish();
const preference = z.union([z.literal(-1), z.literal(0), z.literal(1)], { error: 'must be -1, 0 or 1' });
const evalField = { error: 'must be a list of true, false or null, one for each question' };
const notEmpty = { error: 'must hold at least one verdict' };

/** A judge's verdicts on one task. Unknown fields are let be: such rows carry the answer too. */
export const verdictRow = z
  .object({
    id,
    eval: z.array(verdict, evalField).min(1, notEmpty),
    /** P(yes) of each verdict. */
    probabilities: z.array(probability.nullable()).exactOptional(),
    /** Importance of each question, 0 to 100. */
    weights: z.array(z.int().min(0).max(100)).exactOptional(),
    promptTokens: tokenCount,
    completionTokens: tokenCount,
  })
  .superRefine((row, context) => {
    for (const field of ['probabilities', 'weights'] as const) {
      const length = row[field]?.length ?? row.eval.length;
      if (length !== row.eval.length) {
        context.addIssue({
          code: 'custom',
          path: [field],
          message: `has ${length} entries, and eval has ${row.eval.length}`,
        });
      }
    }
  });

/** One human's verdicts on a task, or several humans' as a list for each question. */
export const humanRow = z.object({
  id,
  eval: z.array(z.union([verdict, z.array(verdict)], evalField)).min(1, notEmpty),
});

/** Which of two answers a judge and humans prefer. */
export const preferenceRow = z.object({
  id,
  judge: preference.nullable(),
  human: z.union([preference, z.array(preference).min(1)], { error: 'must be -1, 0, 1 or a list of these' }),
});

/** P(yes) of a judge (null: unparsed) and the human answer. */
export const probabilityRow = z.object({
  id,
  item: z.union([z.string(), z.number()]).exactOptional(),
  probability: probability.nullable(),
  human: z.boolean(),
});

/** One item answered several times. */
export const repeatsRow = z.object({
  id,
  item: z.union([z.string(), z.number()]).exactOptional(),
  answers: z.array(
    z.union([z.enum(['yes', 'no', 'unparsed']), z.null()], { error: 'must be "yes", "no", "unparsed" or null' }),
  ),
});

const questionList = z.array(z.string().min(1));

/** A checklist; InFoBench's name of the field is taken too. */
export const checklistRow = z
  .object({ id, questions: questionList.exactOptional(), decomposed_questions: questionList.exactOptional() })
  .transform((row, context) => {
    const questions = row.questions ?? row.decomposed_questions;
    if (questions !== undefined) return { id: row.id, questions };
    context.addIssue({ code: 'custom', path: ['questions'], message: 'is missing; write a list of questions' });
    return z.NEVER;
  });

const llmbarLabel = z.union([z.literal(1), z.literal(2)], { error: 'must be 1 or 2' });
const winner = z.enum(['1', '2'], { error: 'must be "1", "2" or null' }).nullable();
const order = z.object({ winner });

/** LLMBar's `dataset.json`. */
export const llmbarDataset = z.array(z.object({ label: llmbarLabel })).min(1);

const ownJudgment = z
  .object({
    i: z.int().min(0).exactOptional(),
    label: llmbarLabel,
    orders: z.object({ not_swapped: order, swapped: order }),
  })
  .transform(({ i, label, orders }) => ({
    index: i,
    label,
    asGiven: orders.not_swapped.winner,
    swapped: orders.swapped.winner,
  }));

// A judge of several steps has several results; upstream reads the last one.
const upstreamJudgment = z
  .object({ label: llmbarLabel, results: z.array(z.unknown()).min(1) })
  .transform(({ label, results }) => ({ label, last: results.at(-1) }))
  .pipe(z.object({ label: llmbarLabel, last: z.object({ 'swap = False': order, 'swap = True': order }) }))
  .transform(({ label, last }) => ({
    index: undefined,
    label,
    asGiven: last['swap = False'].winner,
    swapped: last['swap = True'].winner,
  }));

/** One LLMBar instance as judged in both orders: `{i, label, orders}`, or an entry of upstream's `result.json`. */
export const llmbarJudgment = z.union([ownJudgment, upstreamJudgment], {
  error: `must hold label 1 or 2 and a winner "1", "2" or null in orders.not_swapped and orders.swapped (upstream: in the last of results, under "swap = False" and "swap = True")`,
});

export type VerdictRow = z.infer<typeof verdictRow>;
