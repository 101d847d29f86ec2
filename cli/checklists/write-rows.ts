import { open, rename, rm } from 'node:fs/promises';
import { ConfigError } from '../../domain/errors.ts';

/**
 * Writes a JSONL file whole or not at all: a reader never sees half of it, and an earlier file stays until then.
 *
 * @throws ConfigError `config/unusable` when it can't be written there
 */
export async function writeRows(path: string, rows: readonly object[]): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    const file = await open(partial, 'w');
    try {
      await file.writeFile(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new ConfigError(
      'config/unusable',
      `The file ${path} can't be written (${code ?? message}): choose another --out.`,
      {
        cause,
      },
    );
  }
}
