import { z } from 'zod';
import type { BatchResult } from '../../domain/wildbench/batch.ts';

/** One line of a batch of results, leniently: servers add fields. */
export const batchResult = z.looseObject({
  custom_id: z.string().min(1),
  response: z
    .looseObject({
      status_code: z.int().optional(),
      body: z
        .looseObject({
          choices: z
            .array(
              z.looseObject({
                message: z.looseObject({ content: z.string().nullish() }).optional(),
                finish_reason: z.string().nullish(),
              }),
            )
            .optional(),
        })
        .optional(),
    })
    .nullish(),
  error: z.looseObject({ message: z.string().nullish() }).nullish(),
}) satisfies z.ZodType<BatchResult>;

/** One answer of a tested model, in upstream's field names. */
export const answerRow = z
  .looseObject({
    session_id: z.string().min(1),
    output: z.union([z.string(), z.tuple([z.string()], z.string())]),
  })
  .transform((row) => ({
    sessionId: row.session_id,
    answer: typeof row.output === 'string' ? row.output : row.output[0],
  }));
