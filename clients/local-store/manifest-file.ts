import { readFile } from 'node:fs/promises';
import type { ArtifactRef, Manifest } from '../../domain/artifact.ts';
import { ArtifactError } from '../../domain/errors.ts';
import { hashJson } from '../content-hash.ts';
import { isMissing } from './file-errors.ts';

const SHA256 = /^[0-9a-f]{64}$/;

/** The hash of an artifact: its schema and the hashes of its shards. */
export function artifactHash(schema: string, shardHashes: readonly string[]): string {
  return hashJson({ schema, shards: shardHashes });
}

/** The reference to the artifact that a manifest describes. */
export function refOf(manifest: Manifest): ArtifactRef {
  return { name: manifest.name, contentHash: manifest.contentHash, rows: manifest.rows };
}

/** True if the parsed text is a manifest of that name whose own numbers agree. */
function isManifest(value: unknown, name: string): value is Manifest {
  const manifest = value as Partial<Manifest> | null;
  if (manifest?.formatVersion !== 1 || manifest.name !== name) return false;
  if (typeof manifest.schema !== 'string' || !Array.isArray(manifest.shards)) return false;
  const shards: Manifest['shards'] = manifest.shards;
  if (!shards.every((shard) => SHA256.test(shard?.hash) && Number.isSafeInteger(shard.rows))) return false;
  const hashes = shards.map((shard) => shard.hash);
  const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
  return manifest.contentHash === artifactHash(manifest.schema, hashes) && manifest.rows === rows;
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads a manifest, `undefined` when there is none.
 *
 * @throws ArtifactError `artifact/corrupt`
 */
export async function readManifest(path: string, name: string): Promise<Manifest | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const value = parseOrUndefined(text);
  if (isManifest(value, name)) return value;
  throw new ArtifactError(
    'artifact/corrupt',
    `${path} is not a whole manifest of ${name}: remove it, then run the step that made it again.`,
  );
}
