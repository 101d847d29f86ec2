import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtifactError } from '../../domain/errors.ts';
import { makeFolder, syncFolder, temporaryName } from './durable-files.ts';
import { fileErrorCode, isMissing } from './file-errors.ts';
import { listFiles } from './list-files.ts';

/** The sha256 over the sorted names and the bytes of a folder's files. */
export async function hashFolder(folder: string): Promise<string> {
  const whole = createHash('sha256');
  for (const name of await listFiles(folder)) {
    const file = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, name))) file.update(chunk as Buffer);
    // Each file's own hash has a fixed length, so bytes can't move between names and contents unseen.
    whole.update(`${JSON.stringify(name)} ${file.digest('hex')}\n`);
  }
  return whole.digest('hex');
}

async function hashIfThere(folder: string): Promise<string | undefined> {
  try {
    return await hashFolder(folder);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function copySynced(source: string, target: string): Promise<void> {
  await makeFolder(target);
  for (const name of await listFiles(source)) {
    const copy = join(target, name);
    await makeFolder(dirname(copy));
    await copyFile(join(source, name), copy);
    const handle = await open(copy, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(copy));
  }
}

function requireEqual(found: string, contentHash: string, target: string): void {
  if (found === contentHash) return;
  throw new ArtifactError(
    'artifact/conflict',
    `${target} is there already with other files: it is never replaced; use another name, or remove it if nothing needs it.`,
    { details: { found, contentHash } },
  );
}

async function moveIntoPlace(copy: string, target: string, contentHash: string): Promise<void> {
  try {
    await rename(copy, target);
    await syncFolder(dirname(target));
  } catch (error) {
    const taken = ['ENOTEMPTY', 'EEXIST'].includes(fileErrorCode(error) ?? '');
    if (!taken) throw error;
    requireEqual(await hashFolder(target), contentHash, target);
  }
}

/**
 * Copies a folder beside `target` and renames it there; returns the sha256 over its sorted names and bytes. An equal
 * folder that is there already stands.
 *
 * @throws ArtifactError `artifact/missing`, `artifact/corrupt`, `artifact/conflict`
 */
export async function adoptFolderAt(source: string, target: string): Promise<string> {
  const contentHash = await hashIfThere(source);
  if (contentHash === undefined) {
    throw new ArtifactError(
      'artifact/missing',
      `There is no folder ${source}: the step that makes it has to run first.`,
    );
  }
  const found = await hashIfThere(target);
  if (found !== undefined) {
    requireEqual(found, contentHash, target);
    return contentHash;
  }
  const copy = temporaryName(target);
  try {
    await copySynced(source, copy);
    if ((await hashFolder(copy)) !== contentHash) {
      throw new ArtifactError(
        'artifact/corrupt',
        `${source} changed while it was copied: stop what writes to it, then resume.`,
      );
    }
    await moveIntoPlace(copy, target, contentHash);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  return contentHash;
}
