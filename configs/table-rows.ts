import { parquetReadObjects } from 'hyparquet';
import { DataError } from '../domain/errors.ts';

/** A row of a file, and where it stands, for messages. */
export interface TableRow {
  /** `file:line`, or `file, row n` where there are no lines. */
  readonly where: string;
  readonly value: unknown;
}

const PARQUET_MAGIC = 'PAR1';

/**
 * Reads the rows of a table: Parquet, a JSON list, or JSONL, told apart by their first characters.
 *
 * @param path of the file, for messages
 * @throws DataError `data/unreadable` for Parquet that can't be read; `data/invalid-row` with file and line, or without rows
 */
export async function parseTable(path: string, bytes: Uint8Array): Promise<readonly TableRow[]> {
  const isParquet = new TextDecoder('latin1').decode(bytes.subarray(0, PARQUET_MAGIC.length)) === PARQUET_MAGIC;
  const rows = isParquet ? await parseParquet(path, bytes) : parseText(path, new TextDecoder().decode(bytes));
  if (rows.length === 0) {
    throw new DataError('data/invalid-row', `${path} has no rows; check that it is the right file.`);
  }
  return rows;
}

async function parseParquet(path: string, bytes: Uint8Array): Promise<readonly TableRow[]> {
  const file = bytes.slice().buffer;
  const rows = await parquetReadObjects({ file }).catch((cause: unknown) => {
    throw new DataError(
      'data/unreadable',
      `The Parquet file ${path} can't be read (${(cause as Error).message}): write it again uncompressed or with snappy, or as JSONL.`,
      { cause },
    );
  });
  return rows.map((row, index) => ({ where: `${path}, row ${index + 1}`, value: toJson(row) }));
}

/** Parquet has 64-bit integers and dates, which JSON has not. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return null;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, toJson(inner)]));
}

function parseText(path: string, text: string): readonly TableRow[] {
  if (text.trimStart().startsWith('[')) {
    return (parseJson(path, text) as readonly unknown[]).map((value, index) => ({
      where: `${path}, row ${index + 1}`,
      value,
    }));
  }
  return text.split('\n').flatMap((line, index) => {
    const where = `${path}:${index + 1}`;
    return line.trim() === '' ? [] : [{ where, value: parseJson(where, line) }];
  });
}

function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DataError('data/invalid-row', `${where} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
