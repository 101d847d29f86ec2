import type { z } from 'zod';
import { DataError } from '../domain/errors.ts';
import type { TableRow } from './table-rows.ts';

/**
 * Checks the rows of a file, each of a session of its own.
 *
 * @throws DataError `data/invalid-row` with file, line and field; `data/duplicate-prompt`
 */
export function checkRows<Row extends { readonly sessionId: string }>(
  rows: readonly TableRow[],
  schema: z.ZodType<Row>,
): readonly Row[] {
  const places = new Map<string, string>();
  return rows.map(({ where, value }) => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const field = issue?.path.map(String).join('.') || '(row)';
      throw new DataError('data/invalid-row', `${where}, field ${field}: ${issue?.message ?? 'invalid'}.`);
    }
    const { sessionId } = parsed.data;
    const earlier = places.get(sessionId);
    if (earlier !== undefined) {
      throw new DataError(
        'data/duplicate-prompt',
        `${where} repeats the task ${JSON.stringify(sessionId)} of ${earlier}: ids must be unique.`,
      );
    }
    places.set(sessionId, where);
    return parsed.data;
  });
}
