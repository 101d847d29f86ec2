import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileErrorCode } from './file-errors.ts';

// Some network file systems can't sync a folder; they order their own metadata.
const CANNOT_SYNC_FOLDER: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EISDIR']);

/** Puts the entries of a folder on disk, so that a new name outlives a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC_FOLDER.has(fileErrorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its parents, on disk. */
export async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true });
  if (firstMade === undefined) return;
  const top = dirname(firstMade);
  for (let made = dirname(folder); made.length >= top.length; made = dirname(made)) {
    await syncFolder(made);
    if (made === top) return;
  }
}

/** A name beside `path` that no other writer uses; it never ends like a finished file. */
export function temporaryName(path: string): string {
  return `${path}.${randomUUID().slice(0, 8)}.tmp`;
}

/** What a file holds: whole, or part by part where that does not fit into memory. */
export type FileContent = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/** Writes a file that is not there yet, on disk. */
export async function writeSynced(path: string, content: FileContent): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await writeFile(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function publish(path: string, text: string, give: (temporary: string) => Promise<void>): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = temporaryName(path);
  try {
    await writeSynced(temporary, text);
    await give(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
}

/** Writes a whole file, on disk, in place of one that may be there. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await publish(path, text, (temporary) => rename(temporary, path));
}

/** Writes a whole file, on disk, unless one is there already; says whether this call made it. */
export async function createFileOnce(path: string, text: string): Promise<boolean> {
  let created = true;
  await publish(path, text, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (fileErrorCode(error) !== 'EEXIST') throw error;
      created = false;
    }
  });
  return created;
}
