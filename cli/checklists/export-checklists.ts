import { countChecklists } from '../../domain/checklist-exchange/count-checklists.ts';
import { toInfoBench } from '../../domain/checklist-exchange/infobench.ts';
import { toVerifiers } from '../../domain/checklist-exchange/verifiers.ts';
import { DataError } from '../../domain/errors.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { Output } from '../output.ts';
import { readPromptSet } from './import-checklists.ts';
import { writeRows } from './write-rows.ts';

/** Formats that prompts and checklists are written to. */
export const EXPORT_FORMATS = ['tickloop', 'verifiers', 'infobench'] as const;

/** Flags of `tickloop checklists export`. */
export interface ExportFlags {
  readonly to: (typeof EXPORT_FORMATS)[number];
  readonly in: string;
  readonly out: string;
}

/** Writes a prompt set in another format, and says what that format has no room for; returns the exit code. */
export async function exportChecklists({ to, in: path, out }: ExportFlags, output: Output): Promise<number> {
  const rows = await readPromptSet(path);
  const exported = rows.map((row) => exportRow(to, row, path));
  await writeRows(out, exported);
  const counts = countChecklists(rows);
  const verifiersLeftOut = to === 'tickloop' ? 0 : counts.withVerifier;
  const weightsLeftOut = to === 'infobench' ? counts.withWeight : 0;
  output.line(
    `${out}: ${counts.prompts} prompts, ${counts.items} items; left out ${verifiersLeftOut} verifiers and ${weightsLeftOut} weights, which the format has no place for`,
  );
  output.object({ out, prompts: counts.prompts, items: counts.items, verifiersLeftOut, weightsLeftOut });
  return 0;
}

function exportRow(to: ExportFlags['to'], row: PromptRow, path: string): object {
  switch (to) {
    case 'tickloop':
      return row;
    case 'verifiers': {
      if (row.checklist.length === 0) {
        throw new DataError(
          'data/invalid-row',
          `Prompt "${row.promptId}" of ${path} has no checklist, and a rubric without criteria is refused by verifiers: write one first.`,
        );
      }
      return toVerifiers(row);
    }
    case 'infobench': {
      const task = toInfoBench(row);
      if (task === undefined) {
        throw new DataError(
          'data/invalid-row',
          `Prompt "${row.promptId}" of ${path} is a conversation of ${row.messages.length} messages, and InFoBench has one instruction a task: leave it out or choose another format.`,
        );
      }
      return task;
    }
  }
}
