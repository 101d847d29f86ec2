import { ArtifactError } from '../../domain/errors.ts';

const MAX_NAME_LENGTH = 300;
// Leaves room for a suffix and a temporary file's ending within the 255 bytes of a file name.
const MAX_SEGMENT_LENGTH = 200;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

function isSegment(segment: string): boolean {
  return SEGMENT.test(segment) && segment.length <= MAX_SEGMENT_LENGTH && segment !== '.' && !segment.includes('..');
}

/**
 * Returns a name that is safe to join to a folder: it can only lead below that folder.
 *
 * @throws ArtifactError `artifact/unwritable`
 */
export function checkedName(name: string): string {
  if (name.length <= MAX_NAME_LENGTH && name.split('/').every(isSegment)) return name;
  const shown = JSON.stringify(name.slice(0, MAX_NAME_LENGTH));
  throw new ArtifactError(
    'artifact/unwritable',
    `The name ${shown} can't be stored: use parts of A-Z a-z 0-9 . _ - joined by "/", without "..", ` +
      `${MAX_SEGMENT_LENGTH} characters a part and ${MAX_NAME_LENGTH} in all.`,
  );
}

/** Like `checkedName` for a prefix: it may be empty (everything) and may end with a slash. */
export function checkedPrefix(prefix: string): string {
  return prefix === '' ? '' : checkedName(prefix.replace(/\/$/, ''));
}
