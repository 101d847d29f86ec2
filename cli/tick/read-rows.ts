import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { DataError } from '../../domain/errors.ts';

/** A row and where it stands (`file:line`), for messages. */
export interface PlacedRow<T> {
  readonly where: string;
  readonly row: T;
}

/**
 * Reads rows of a JSONL file, or of one JSON array.
 *
 * @throws DataError `data/unreadable`; `data/invalid-row` with file, line and field, also where there is no row
 */
export async function readRows<T>(path: string, schema: z.ZodType<T>): Promise<readonly PlacedRow<T>[]> {
  const text = await readText(path);
  const entries = text.trimStart().startsWith('[') ? arrayEntries(path, text) : lineEntries(path, text);
  if (entries.length === 0) throw new DataError('data/invalid-row', `${path} holds no row.`);
  return entries.map(({ where, row }) => ({ where, row: checkRow(where, row, schema) }));
}

/** Reads one JSON value. @throws DataError as `readRows` */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return checkRow(path, parseJson(path, await readText(path)), schema);
}

/** Refuses two rows of one key. @throws DataError `data/invalid-row` naming both places */
export function requireUnique<T>(rows: readonly PlacedRow<T>[], keyOf: (row: T) => string): void {
  const places = new Map<string, string>();
  for (const { where, row } of rows) {
    const key = keyOf(row);
    const earlier = places.get(key);
    if (earlier !== undefined) {
      throw new DataError('data/invalid-row', `${where} repeats ${key} of ${earlier}: give each only once.`);
    }
    places.set(key, where);
  }
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError('data/unreadable', `${path} can't be read (${cause.code ?? cause.message}).`, { cause });
  });
  try {
    // The decoder drops a byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError('data/unreadable', `${path} is not UTF-8 text.`, { cause });
  }
}

function lineEntries(path: string, text: string): readonly PlacedRow<unknown>[] {
  return text.split('\n').flatMap((line, index) => {
    const where = `${path}:${index + 1}`;
    return line.trim() === '' ? [] : [{ where, row: parseJson(where, line) }];
  });
}

function arrayEntries(path: string, text: string): readonly PlacedRow<unknown>[] {
  const entries = parseJson(path, text) as readonly unknown[];
  return entries.map((row, index) => ({ where: `${path}, entry ${index + 1}`, row }));
}

function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // V8 quotes the text itself, and a data set's text is no part of a message.
    throw new DataError('data/invalid-row', `${where} is not JSON: write one object on each line.`, { cause });
  }
}

function checkRow<T>(where: string, row: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') || '(row)';
  throw new DataError('data/invalid-row', `${where}, field ${field}: ${issue?.message ?? 'invalid'}.`);
}
