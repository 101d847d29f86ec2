import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EXPORT_PLACES, isExportFile, LINEAGE_FILE } from '../domain/dataset-export/export-plan.ts';
import { ArtifactError } from '../domain/errors.ts';
import { hashFolder } from './local-store/adopt-folder.ts';
import { makeFolder, syncFolder, temporaryName, writeSynced, type FileContent } from './local-store/durable-files.ts';
import { fileErrorCode, isMissing } from './local-store/file-errors.ts';

/** A file of an export, by its name below the folder. */
export interface ExportFile {
  readonly name: string;
  readonly content: FileContent;
}

const TAKEN: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST']);

/** Where an export is, and what others left beside it. */
export interface WrittenExport {
  readonly folder: string;
  /** Folders of exports that were broken off while they were written or replaced: one may hold what was to be replaced. */
  readonly leftBehind: readonly string[];
}

/**
 * Writes files one after the other beside `target` and renames their folder there, so that it is never half there. A
 * folder with the very same files stands. Another one is replaced only if that is asked for, and if it is an export:
 * all files that it holds, at any depth, are named as an export names them, and its lineage is there.
 *
 * @throws ArtifactError `artifact/conflict`, `artifact/no-space`, `artifact/unwritable`
 */
export async function writeExport(
  target: string,
  files: readonly ExportFile[],
  { replace }: { readonly replace: boolean },
): Promise<WrittenExport> {
  // A link to a folder is followed: a folder can't be renamed onto a link.
  const folder = await realpath(target).catch(() => resolve(target));
  const fresh = temporaryName(folder);
  try {
    await writeFiles(fresh, files);
    await moveIntoPlace(fresh, folder, files, replace);
    return { folder, leftBehind: await findLeftBehind(folder, fresh) };
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

/** Folders that lie beside an export under a temporary name of it; whoever is at work on one now needs it. */
async function findLeftBehind(folder: string, fresh: string): Promise<readonly string[]> {
  const start = `${basename(folder)}.`;
  // A folder that can't be listed has an export in it all the same.
  const names = await readdir(dirname(folder)).catch(() => []);
  return names
    .filter((name) => name.startsWith(start) && /^[0-9a-f]{8}\.tmp$/.test(name.slice(start.length)))
    .map((name) => join(dirname(folder), name))
    .filter((path) => path !== fresh)
    .toSorted();
}

async function moveIntoPlace(
  fresh: string,
  folder: string,
  files: readonly ExportFile[],
  replace: boolean,
): Promise<void> {
  try {
    // Succeeds where there is nothing, or an empty folder.
    await rename(fresh, folder);
  } catch (error) {
    if (!TAKEN.has(fileErrorCode(error) ?? '')) throw error;
    const there = await survey(folder);
    // What is there may be anything, and large: its bytes are read only where its names are those of this export.
    if (isNamedLike(there, files) && (await hashFolder(fresh)) === (await hashFolder(folder))) return;
    requireReplaceable(folder, there, replace);
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

function isNamedLike({ own, foreign }: Survey, files: readonly ExportFile[]): boolean {
  const names = files.map(({ name }) => name).toSorted();
  return foreign.length === 0 && JSON.stringify(own.toSorted()) === JSON.stringify(names);
}

/** @throws ArtifactError `artifact/conflict` */
function requireReplaceable(folder: string, { own, foreign }: Survey, replace: boolean): void {
  if (!replace) {
    throw new ArtifactError(
      'artifact/conflict',
      `${folder} has other files already: export to a new folder, or replace an earlier export with --force.`,
    );
  }
  const [first] = foreign.toSorted();
  const found =
    first !== undefined
      ? `holds ${JSON.stringify(first)}${foreign.length > 1 ? ` and ${foreign.length - 1} more names` : ''} that no export writes`
      : own.includes(LINEAGE_FILE)
        ? null
        : `holds no ${LINEAGE_FILE}, which every export has`;
  if (found === null) return;
  throw new ArtifactError(
    'artifact/conflict',
    `${folder} ${found}: --force replaces earlier exports alone; export to a new folder.`,
  );
}

/** What is in a folder: files that an export may have written, and all else. */
interface Survey {
  readonly own: readonly string[];
  readonly foreign: readonly string[];
}

/** Looks at the names in a folder; folders that no export makes are not entered. */
async function survey(folder: string, below = ''): Promise<Survey> {
  const own: string[] = [];
  const foreign: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const name = `${below}${entry.name}`;
    if (entry.isDirectory() && EXPORT_PLACES.has(name)) {
      const inside = await survey(folder, `${name}/`);
      own.push(...inside.own);
      foreign.push(...inside.foreign);
    } else if (entry.isFile() && isExportFile(name)) own.push(name);
    else foreign.push(name);
  }
  return { own, foreign };
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
  if (
    isMissing(error) ||
    ['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EBUSY', 'ELOOP', 'EXDEV', 'ENAMETOOLONG', 'EINVAL'].includes(code)
  ) {
    return new ArtifactError(
      'artifact/unwritable',
      `The worker can't write ${folder} (${code}): name a folder that it may make, on the worker's machine.`,
      { cause: error },
    );
  }
  return error;
}
