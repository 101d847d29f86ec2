import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { ConfigError, DataError } from '../../domain/errors.ts';

/** A row with the place it came from, for messages. */
export interface PlacedRow<T> {
  readonly where: string;
  readonly row: T;
}

/**
 * Reads rows from JSONL, or from a JSON array as upstream's result files are.
 *
 * @throws ConfigError `config/unreadable`; DataError `data/invalid-row` with file, line (or row of the array) and field
 */
export async function readRows<T>(path: string, schema: z.ZodType<T>): Promise<readonly PlacedRow<T>[]> {
  const text = await readText(path);
  const rows = text.trimStart().startsWith('[') ? splitArray(path, text) : splitLines(path, text);
  if (rows.length === 0)
    throw new DataError('data/invalid-row', `${path} has no rows; check that it is the right file.`);
  return rows.map(({ where, row }) => ({ where, row: check(where, row, schema) }));
}

/** Reads one JSON value. @throws ConfigError `config/unreadable`; DataError `data/invalid-row` with file and field */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return check(path, parse(path, await readText(path)), schema);
}

async function readText(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError('config/unreadable', `The file ${path} can't be read (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
  return text.replace(/^\uFEFF/, '');
}

function splitLines(path: string, text: string): readonly PlacedRow<unknown>[] {
  return text.split('\n').flatMap((line, index) => {
    const where = `${path}:${index + 1}`;
    return line.trim() === '' ? [] : [{ where, row: parse(where, line) }];
  });
}

function splitArray(path: string, text: string): readonly PlacedRow<unknown>[] {
  return (parse(path, text) as readonly unknown[]).map((row, index) => ({ where: `${path}, row ${index + 1}`, row }));
}

function parse(where: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DataError('data/invalid-row', `${where} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

function check<T>(where: string, value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || '(row)';
  throw new DataError('data/invalid-row', `${where}, field ${field}: ${issue?.message ?? 'invalid'}.`);
}
