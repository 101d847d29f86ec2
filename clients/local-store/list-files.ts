import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactError } from '../../domain/errors.ts';

/**
 * Relative names of all files below a folder, sorted; a link to a file counts as that file.
 *
 * @throws ArtifactError `artifact/unwritable` for a link to a folder, a socket and the like
 */
export async function listFiles(folder: string, below = ''): Promise<readonly string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const name = join(below, entry.name);
    // Not by spreading: a long run has more names than a call takes arguments.
    if (entry.isDirectory()) {
      for (const inside of await listFiles(folder, name)) names.push(inside);
    } else if (entry.isFile() || (await stat(join(folder, name))).isFile()) names.push(name);
    else {
      const message = `${join(folder, name)} is neither a file nor a folder: leave it out of what is to be stored.`;
      throw new ArtifactError('artifact/unwritable', message);
    }
  }
  return names.toSorted();
}
