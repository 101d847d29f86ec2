import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing } from '../local-store/file-errors.ts';
import { listFiles } from '../local-store/list-files.ts';
import { parseLedgerLine, type LedgerEntry } from './ledger-line.ts';

/** Ending of a segment's file name. */
export const SEGMENT_ENDING = '.jsonl';

const NEWLINE = 10;

/** Names of the segments of one scope, oldest first: a name begins with the time of its making. */
async function listSegments(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith(SEGMENT_ENDING))
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Gives every entry of a scope to `take`, oldest segment first; returns how many lines could not be read. */
export async function readSegments(folder: string, take: (entry: LedgerEntry) => void): Promise<number> {
  let tornLines = 0;
  for (const name of await listSegments(folder)) {
    const bytes = await readFile(join(folder, name));
    let start = 0;
    while (start < bytes.length) {
      const end = bytes.indexOf(NEWLINE, start);
      // No newline: the writer died, or is still writing; either way nobody was told that it is kept.
      const entry = end < 0 ? undefined : parseLedgerLine(bytes.toString('utf8', start, end));
      if (entry === undefined) tornLines += 1;
      else take(entry);
      start = end < 0 ? bytes.length : end + 1;
    }
  }
  return tornLines;
}

/** Folders at or below a folder that hold segments. */
export async function listScopeFolders(folder: string): Promise<readonly string[]> {
  try {
    const segments = (await listFiles(folder)).filter((name) => name.endsWith(SEGMENT_ENDING));
    return [...new Set(segments.map((name) => dirname(join(folder, name))))];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
