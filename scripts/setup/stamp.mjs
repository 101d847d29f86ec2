import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stampPath = (root, name) => join(root, '.tickloop', 'stamps', name);

export const hashFile = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** True when the step `name` was finished for exactly this content. */
export function hasStamp(root, name, hash) {
  try {
    return readFileSync(stampPath(root, name), 'utf8').trim() === hash;
  } catch {
    return false;
  }
}

export function writeStamp(root, name, hash) {
  const path = stampPath(root, name);
  mkdirSync(join(root, '.tickloop', 'stamps'), { recursive: true });
  writeFileSync(`${path}.partial`, `${hash}\n`);
  renameSync(`${path}.partial`, path);
}

export function removeStamp(root, name) {
  rmSync(stampPath(root, name), { force: true });
}
