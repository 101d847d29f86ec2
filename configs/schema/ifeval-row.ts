import { z } from 'zod';

import type { IfevalInstruction, IfevalRow } from '../../domain/ifeval/ifeval-kind.ts';
import { ifevalIds, ifevalKwargs } from './ifeval-instruction.ts';

/** A line of the public file: one object of keyword arguments for each instruction, in order. */
const line = z.strictObject({
  key: z.int(),
  prompt: z.string().regex(/\S/, { error: 'must not be blank' }),
  instruction_id_list: z.array(z.enum(ifevalIds)).min(1),
  kwargs: z.array(z.record(z.string(), z.unknown())),
});

/** One row of IFEval. Arguments that are `null`, as in the copy with one column for each argument, count as absent. */
export const ifevalRow = line.transform((row, context): IfevalRow => {
  const ids = row.instruction_id_list;
  if (ids.length !== row.kwargs.length)
    context.issues.push({
      code: 'custom',
      input: row.kwargs,
      path: ['kwargs'],
      message: `must have one object for each of the ${ids.length} instructions, has ${row.kwargs.length}`,
    });
  const instructions = ids.map((id, index) => {
    const given = Object.entries(row.kwargs[index] ?? {}).filter(([, value]) => value !== null);
    const kwargs = ifevalKwargs[id].safeParse(Object.fromEntries(given));
    for (const { path, message } of kwargs.error?.issues ?? [])
      context.issues.push({
        code: 'custom',
        input: row,
        path: ['kwargs', index, ...path],
        message: `${id}: ${message}`,
      });
    return { id, kwargs: kwargs.data } as IfevalInstruction;
  });
  return { key: row.key, prompt: row.prompt, instructions };
});

/** One line of a file of responses. Unknown fields are errors. */
export const ifevalResponse = z.strictObject({ prompt: z.string(), response: z.string() });
