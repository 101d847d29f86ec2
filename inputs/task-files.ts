import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkRows } from '../configs/check-rows.ts';
import { answerRow } from '../configs/schema/wildbench-batch.ts';
import { wildBenchTask } from '../configs/schema/wildbench-task.ts';
import type { WildbenchConfig } from '../configs/schema/wildbench.ts';
import { parseTable, type TableRow } from '../configs/table-rows.ts';
import { DataError } from '../domain/errors.ts';
import { rowOfTask, type TaskRow } from '../domain/wildbench/task-row.ts';

/** An answer that a baseline has given before. */
export interface StoredAnswer {
  readonly sessionId: string;
  readonly answer: string;
}

/** Reads a file of tasks, strictly. @throws DataError with file, line and field */
export async function readTaskFile(path: string, field = 'data.tasks'): Promise<readonly TaskRow[]> {
  return checkRows(await readTable(path, field), wildBenchTask).map(rowOfTask);
}

/**
 * The stored answers of the baselines that a config gives files for, one for each task, in order of the tasks.
 *
 * @throws DataError for a baseline that lacks an answer
 */
export async function readBaselines(
  config: WildbenchConfig,
  tasks: readonly { readonly promptId: string }[],
): Promise<ReadonlyMap<string, readonly StoredAnswer[]>> {
  const storedAnswers = new Map<string, readonly StoredAnswer[]>();
  for (const entry of config.baselines) {
    if (typeof entry === 'string') continue;
    storedAnswers.set(entry.name, await readStoredAnswers(resolve(entry.answers), tasks));
  }
  return storedAnswers;
}

async function readStoredAnswers(
  path: string,
  tasks: readonly { readonly promptId: string }[],
): Promise<readonly StoredAnswer[]> {
  const rows = checkRows(await readTable(path, 'baselines'), answerRow);
  const answers = new Map(rows.map(({ sessionId, answer }) => [sessionId, answer]));
  return tasks.map(({ promptId }) => {
    const answer = answers.get(promptId);
    if (answer !== undefined) return { sessionId: promptId, answer };
    throw new DataError(
      'data/invalid-row',
      `${path} has no answer to task ${JSON.stringify(promptId)}; add it, empty if there is none.`,
    );
  });
}

async function readTable(path: string, field: string): Promise<readonly TableRow[]> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      'data/unreadable',
      `The file ${path} can't be read (${cause.code ?? cause.message}): check ${field}.`,
      { cause },
    );
  });
  return parseTable(path, bytes);
}
