import { wildBenchTags } from '../../configs/schema/wildbench-task.ts';
import { DataError } from '../../domain/errors.ts';
import type { GroupsBySession } from '../../domain/wildbench/score.ts';
import { readRows } from './read-rows.ts';

/** Groups of every task of a task or tag file. @throws DataError `data/invalid-row`, `data/duplicate-prompt` */
export async function readTags(path: string): Promise<GroupsBySession> {
  const groups = new Map<string, GroupsBySession extends ReadonlyMap<string, infer G> ? G : never>();
  for (const { where, row } of await readRows(path, wildBenchTags)) {
    if (groups.has(row.sessionId)) {
      throw new DataError('data/duplicate-prompt', `${where} repeats the task "${row.sessionId}": ids must be unique.`);
    }
    groups.set(row.sessionId, row.groups);
  }
  return groups;
}
