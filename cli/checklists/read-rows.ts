import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { DataError } from '../../domain/errors.ts';

/** A value of a data file, and where it stands: `file:line`, or `file, row 3` in a JSON list. */
export interface PlacedValue {
  readonly where: string;
  readonly value: unknown;
}

/** Reads a file. @throws DataError `data/unreadable` */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DataError('data/unreadable', `The file ${path} can't be read (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
}

/** The values of a JSONL file or of one JSON list. @throws DataError `data/invalid-row` for what is not JSON */
export function splitRows(path: string, text: string): readonly PlacedValue[] {
  if (text.trimStart().startsWith('[')) {
    const list = parse(path, text);
    return (list as readonly unknown[]).map((value, index) => ({ where: `${path}, row ${index + 1}`, value }));
  }
  return text.split('\n').flatMap((line, index) => {
    const where = `${path}:${index + 1}`;
    return line.trim() === '' ? [] : [{ where, value: parse(where, line) }];
  });
}

/** Checks a value. @throws DataError `data/invalid-row` naming its place and field */
export function checkRow<Row>(schema: z.ZodType<Row>, { where, value }: PlacedValue): Row {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DataError(
    'data/invalid-row',
    `${where}, field ${issue?.path.join('.') || '(row)'}: ${issue?.message ?? 'invalid'}.`,
  );
}

function parse(where: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DataError('data/invalid-row', `${where} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
