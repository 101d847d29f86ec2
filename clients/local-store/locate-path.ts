import { access } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

/** Folders of a store that artifacts name by absolute paths. */
const NAMED = ['folders', 'work'];

/**
 * Where a path that was recorded below the root of a store lies now: the store may have been moved since. One that leads to
 * nothing below this root comes back as it was recorded.
 */
export async function locatePath(root: string, recorded: string): Promise<string> {
  const path = resolve(recorded);
  if (NAMED.some((name) => path.startsWith(join(root, name, sep)))) return recorded;
  const parts = path.split(sep);
  for (const [index, part] of parts.entries()) {
    // The root that it was recorded below may have had a folder of such a name above it.
    const moved = NAMED.includes(part) ? join(root, ...parts.slice(index)) : undefined;
    if (moved !== undefined && (await isThere(moved))) return moved;
  }
  return recorded;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
