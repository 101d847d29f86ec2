import type { CollectedQuery } from '../bolt/bolt-query.ts';
import { DataError } from '../errors.ts';
import type { PromptRow } from '../prompt.ts';
import type { DatasetRow } from './settle-dataset.ts';

/**
 * What a dataset asks, as a prompt set: the first user turn of each row under the row's id, and no checklist. Replies and
 * later turns stay behind: they are another model's, and what follows from them.
 *
 * @throws DataError `data/invalid-row` for a row whose first user turn is empty
 */
export function toPrompts(rows: readonly DatasetRow[], runName: string): readonly PromptRow[] {
  return rows.map(({ rowId, messages }, index) => {
    const first = messages.find(({ role }) => role === 'user')?.content ?? '';
    if (first.trim() === '') {
      throw new DataError(
        'data/invalid-row',
        `Row ${index + 1} ("${rowId}") of the dataset of run "${runName}" has no text in its first user turn: make the dataset anew.`,
      );
    }
    return { promptId: rowId, messages: [{ role: 'user', content: first }], checklist: [] };
  });
}

/** The same as queries for a curation, with the category that a row was tagged with as its topic. */
export function toQueries(rows: readonly DatasetRow[], runName: string): readonly CollectedQuery[] {
  return toPrompts(rows, runName).map((prompt, index) => {
    const category = rows[index]?.tags?.category ?? '';
    return { ...prompt, ...(category === '' ? {} : { topic: category }) };
  });
}
