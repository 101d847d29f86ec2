import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { boltExample, boltExampleLibrary } from '../configs/schema/bolt-example.ts';
import { boltQuery } from '../configs/schema/bolt-query.ts';
import type { BoltExample } from '../domain/bolt/bolt-example.ts';
import type { CollectedQuery } from '../domain/bolt/bolt-query.ts';
import { DataError } from '../domain/errors.ts';

/** A query and where it stands, for error messages. */
export interface PlacedQuery {
  readonly where: string;
  readonly row: CollectedQuery;
}

/**
 * Reads a query set, strictly.
 *
 * @throws DataError `data/unreadable`, `data/invalid-row` (file, line, field)
 */
export async function readQueryFile(path: string): Promise<readonly PlacedQuery[]> {
  const text = await readText(path, 'curation.queries');
  return text.split('\n').flatMap((line, index) => {
    const where = `${path}:${index + 1}`;
    return line.trim() === '' ? [] : [{ where, row: parseRow(where, line) }];
  });
}

/**
 * Reads the library of worked examples: every YAML file of a folder, in order of their names.
 *
 * @throws DataError `data/unreadable`, `data/invalid-row` (file, field)
 */
export async function readExampleLibrary(folder: string): Promise<readonly BoltExample[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      'data/unreadable',
      `The folder ${folder} can't be read (${cause.code ?? cause.message}): check bootstrap.examples.`,
      { cause },
    );
  });
  const paths = names
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
  const examples = await Promise.all(
    paths.map(async (path) => {
      const parsed = boltExample.safeParse(parseYaml(path, await readText(path, 'bootstrap.examples')));
      if (!parsed.success) throw invalid(path, parsed.error.issues);
      return parsed.data;
    }),
  );
  const library = boltExampleLibrary.safeParse(examples);
  if (!library.success) throw invalid(folder, library.error.issues);
  return library.data;
}

function parseRow(where: string, line: string): CollectedQuery {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DataError('data/invalid-row', `${where} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  const parsed = boltQuery.safeParse(value);
  if (!parsed.success) throw invalid(where, parsed.error.issues);
  const { source: _source, ...row } = parsed.data;
  return row;
}

function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw new DataError('data/invalid-row', `${path} is not YAML: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
    });
  }
}

function readText(path: string, field: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DataError('data/unreadable', `${path} can't be read (${cause.code ?? cause.message}): check ${field}.`, {
      cause,
    });
  });
}

function invalid(
  where: string,
  [issue]: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): DataError {
  const field = issue?.path.map(String).join('.') || '(row)';
  return new DataError('data/invalid-row', `${where}, field ${field}: ${issue?.message ?? 'invalid'}.`);
}
