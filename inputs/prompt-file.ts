import { readFile } from 'node:fs/promises';
import { barePromptRow, promptRow } from '../configs/schema/prompt-row.ts';
import { DataError } from '../domain/errors.ts';
import type { PromptRow } from '../domain/prompt.ts';

/** What a prompt file may leave out. */
export interface PromptFileOptions {
  /** A row may come without a checklist, since one is written for it. */
  readonly allowNoChecklist?: boolean;
}

/**
 * Reads a JSONL file of prompts, strictly.
 *
 * @throws DataError `data/unreadable`, `data/invalid-row` (file, line, field), `data/duplicate-prompt`
 */
export async function readPromptFile(
  path: string,
  { allowNoChecklist = false }: PromptFileOptions = {},
): Promise<readonly PromptRow[]> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      'data/unreadable',
      `The prompt file ${path} can't be read (${cause.code ?? cause.message}): check data.train and data.heldOut.`,
      {
        cause,
      },
    );
  });
  const firstLines = new Map<string, number>();
  const rows = text
    .split('\n')
    .flatMap((line, index) =>
      line.trim() === '' ? [] : [parseLine(path, line, index + 1, firstLines, allowNoChecklist)],
    );
  if (rows.length === 0) throw new DataError('data/invalid-row', `The prompt file ${path} has no rows.`);
  return rows;
}

function parseLine(
  path: string,
  line: string,
  lineNumber: number,
  firstLines: Map<string, number>,
  allowNoChecklist: boolean,
): PromptRow {
  const where = `${path}:${lineNumber}`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DataError('data/invalid-row', `${where} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  const parsed = (allowNoChecklist ? barePromptRow : promptRow).safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const isMissing = issue?.path.length === 1 && issue.path[0] === 'checklist';
    const advice = isMissing ? ' Add one, or have it written: checklists.source other than "given".' : '';
    throw new DataError(
      'data/invalid-row',
      `${where}, field ${issue?.path.join('.') || '(row)'}: ${issue?.message ?? 'invalid'}.${advice}`,
    );
  }
  const earlier = firstLines.get(parsed.data.promptId);
  if (earlier !== undefined) {
    throw new DataError(
      'data/duplicate-prompt',
      `${where} repeats promptId "${parsed.data.promptId}" of line ${earlier}: ids must be unique.`,
    );
  }
  firstLines.set(parsed.data.promptId, lineNumber);
  return parsed.data;
}
