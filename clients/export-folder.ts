import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ArtifactError } from '../domain/errors.ts';
import { hashFolder } from './local-store/adopt-folder.ts';
import { makeFolder, syncFolder, temporaryName, writeSynced } from './local-store/durable-files.ts';
import { fileErrorCode, isMissing } from './local-store/file-errors.ts';

/** A file of an export, by its name below the folder. */
export interface ExportFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** What an export may leave at the top of its folder, and so what may be replaced. */
const WRITTEN = /^(?:README\.md|lineage\.json|data|preferences|train\.jsonl|train-\d{5}-of-\d{5}\.parquet)$/;
const TAKEN: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST']);

/**
 * Writes files beside `target` and renames their folder there, so that it is never half there; returns its path. A
 * folder with the very same files stands. Another one is replaced only if that is asked for, and if all that it holds
 * can be of an export.
 *
 * @throws ArtifactError `artifact/conflict`, `artifact/no-space`, `artifact/unwritable`
 */
export async function writeExport(
  target: string,
  files: readonly ExportFile[],
  { replace }: { readonly replace: boolean },
): Promise<string> {
  // A link to a folder is followed: a folder can't be renamed onto a link.
  const folder = await realpath(target).catch(() => resolve(target));
  const fresh = temporaryName(folder);
  try {
    await writeFiles(fresh, files);
    await moveIntoPlace(fresh, folder, replace);
    return folder;
  } catch (error) {
    throw explain(error, folder);
  } finally {
    // An error of this one would hide the first: below a file there is nothing to remove.
    await rm(fresh, { recursive: true, force: true }).catch(() => {});
  }
}

async function writeFiles(folder: string, files: readonly ExportFile[]): Promise<void> {
  await makeFolder(folder);
  for (const { name, content } of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeSynced(path, content);
    await syncFolder(dirname(path));
  }
  await syncFolder(folder);
}

async function moveIntoPlace(fresh: string, folder: string, replace: boolean): Promise<void> {
  try {
    // Succeeds where there is nothing, or an empty folder.
    await rename(fresh, folder);
  } catch (error) {
    if (!TAKEN.has(fileErrorCode(error) ?? '')) throw error;
    if ((await hashFolder(fresh)) === (await hashFolder(folder))) return;
    await requireReplaceable(folder, replace);
    const old = temporaryName(folder);
    await rename(folder, old);
    await rename(fresh, folder).catch(async (error: unknown) => {
      await rename(old, folder);
      throw error;
    });
    await rm(old, { recursive: true, force: true });
  }
  await syncFolder(dirname(folder));
}

async function requireReplaceable(folder: string, replace: boolean): Promise<void> {
  if (!replace) {
    throw new ArtifactError(
      'artifact/conflict',
      `${folder} has other files already: export to a new folder, or replace an earlier export with --force.`,
    );
  }
  const foreign = (await readdir(folder)).filter((name) => !WRITTEN.test(name));
  if (foreign.length === 0) return;
  const [first = ''] = foreign.toSorted();
  throw new ArtifactError(
    'artifact/conflict',
    `${folder} holds ${JSON.stringify(first)}${foreign.length > 1 ? ` and ${foreign.length - 1} more names` : ''} that no export writes: --force replaces earlier exports alone; export to a new folder.`,
  );
}

function explain(error: unknown, folder: string): unknown {
  const code = fileErrorCode(error);
  if (code === undefined || error instanceof ArtifactError) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ArtifactError(
      'artifact/no-space',
      `No space is left for ${folder} (${code}): free some, then export again.`,
      {
        cause: error,
      },
    );
  }
  if (isMissing(error) || ['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EXDEV', 'ENAMETOOLONG', 'EINVAL'].includes(code)) {
    return new ArtifactError(
      'artifact/unwritable',
      `The worker can't write ${folder} (${code}): name a folder that it may make, on the worker's machine.`,
      { cause: error },
    );
  }
  return error;
}
