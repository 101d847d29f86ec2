import { ArtifactError } from '../../domain/errors.ts';

const NO_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const UNWRITABLE: ReadonlySet<string> = new Set([
  'EACCES',
  'EEXIST',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOSYS',
  'ENOTDIR',
  'ENOTSUP',
  'EPERM',
  'EROFS',
]);

/** The operating system's code of a file error (`ENOSPC`), or `undefined` for any other error. */
export function fileErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True for errors that say that there is no such file. */
export function isMissing(error: unknown): boolean {
  const code = fileErrorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Turns a lasting file error into an `ArtifactError`; others (a passing I/O error) come back as they are. */
export function asArtifactError(error: unknown, folder: string): unknown {
  if (error instanceof ArtifactError) return error;
  const code = fileErrorCode(error) ?? '';
  const options = { cause: error, details: { folder, errno: code } };
  if (NO_SPACE.has(code)) {
    const message = `No space is left in ${folder} (${code}): free some or move the store to a larger disk, then resume.`;
    return new ArtifactError('artifact/no-space', message, options);
  }
  if (UNWRITABLE.has(code)) {
    const message = `The store can't use ${folder} (${code}): make it a folder that this user may read and write, then resume.`;
    return new ArtifactError('artifact/unwritable', message, options);
  }
  return error;
}

/** Runs file work on a folder; lasting file errors are thrown as `ArtifactError`. */
export async function inFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asArtifactError(error, folder);
  }
}
