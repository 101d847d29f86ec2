import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Shard } from '../../domain/artifact.ts';
import { ArtifactError } from '../../domain/errors.ts';
import { sha256Hex } from '../content-hash.ts';
import { replaceFile } from './durable-files.ts';
import { isMissing } from './file-errors.ts';

function shardPath(root: string, hash: string): string {
  return join(root, 'blobs', hash.slice(0, 2), `${hash}.jsonl`);
}

/** Writes rows as JSONL under the hash of their bytes. */
export async function writeShard(root: string, rows: readonly object[]): Promise<Shard> {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const hash = sha256Hex(text);
  // Written even if it is there: that heals a damaged one, and equal bytes harm nobody who reads.
  await replaceFile(shardPath(root, hash), text);
  return { hash, rows: rows.length, bytes: Buffer.byteLength(text) };
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const message = `${path} is missing though a manifest names it: restore it, or run the step that made it again.`;
    throw new ArtifactError('artifact/missing', message, { cause: error });
  }
}

/**
 * Reads the rows of a shard, checked against its hash and its count.
 *
 * @throws ArtifactError `artifact/missing`, `artifact/corrupt`
 */
export async function readShard<Row extends object>(root: string, shard: Shard): Promise<readonly Row[]> {
  const path = shardPath(root, shard.hash);
  const bytes = await readBytes(path);
  const found = sha256Hex(bytes);
  if (found !== shard.hash) {
    const message = `${path} was changed after it was written (sha256 ${found}): restore it, or run the step that made it again.`;
    throw new ArtifactError('artifact/corrupt', message);
  }
  const rows = bytes
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
  if (rows.length !== shard.rows) {
    const message = `${path} holds ${rows.length} rows and its manifest promises ${shard.rows}: run the step that made it again.`;
    throw new ArtifactError('artifact/corrupt', message);
  }
  return rows;
}
