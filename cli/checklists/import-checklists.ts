import {
  infoBenchRow,
  mtBenchRow,
  verifiersRow,
  verifiersRubric,
  wildBenchRow,
} from '../../configs/schema/exchange-rows.ts';
import { ifevalRow } from '../../configs/schema/ifeval-row.ts';
import { barePromptRow } from '../../configs/schema/prompt-row.ts';
import { countChecklists } from '../../domain/checklist-exchange/count-checklists.ts';
import { fromInfoBench } from '../../domain/checklist-exchange/infobench.ts';
import { fromMtBench } from '../../domain/checklist-exchange/mt-bench.ts';
import { fromCriteria, fromVerifiers } from '../../domain/checklist-exchange/verifiers.ts';
import { fromWildBench } from '../../domain/checklist-exchange/wildbench.ts';
import { ifevalRowToPrompt } from '../../domain/ifeval/to-prompt.ts';
import { ConfigError, DataError } from '../../domain/errors.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { Output } from '../output.ts';
import { checkRow, readText, splitRows, type PlacedValue } from './read-rows.ts';
import { writeRows } from './write-rows.ts';

/** Formats that prompts and checklists are read from. */
export const IMPORT_FORMATS = ['tickloop', 'wildbench', 'infobench', 'verifiers', 'ifeval', 'mt-bench'] as const;

/** Flags of `tickloop checklists import`. */
export interface ImportFlags {
  readonly from: (typeof IMPORT_FORMATS)[number];
  readonly in: string;
  readonly out: string;
  /** Prompts that a rubric without a prompt is for; `verifiers` only. */
  readonly prompts?: string;
}

/** Turns another format's file into a prompt set, and says how many of what it holds; returns the exit code. */
export async function importChecklists(flags: ImportFlags, output: Output): Promise<number> {
  if (flags.prompts !== undefined && flags.from !== 'verifiers') {
    throw new ConfigError('config/invalid', `--prompts goes with --from verifiers only, not with ${flags.from}.`);
  }
  const rows = await readPrompts(flags);
  await writeRows(flags.out, rows);
  const counts = countChecklists(rows);
  output.line(
    `${flags.out}: ${counts.prompts} prompts, ${counts.withoutChecklist} of them without a checklist; ${counts.items} items, ${counts.withVerifier} of them with a verifier and ${counts.withWeight} with a weight`,
  );
  output.object({ out: flags.out, ...counts });
  return 0;
}

/** Reads a prompt set in tickloop's own format, where a checklist may be missing. @throws DataError with file and line */
export async function readPromptSet(path: string): Promise<readonly PromptRow[]> {
  return convertRows(path, splitRows(path, await readText(path)), (row) => checkRow(barePromptRow, row));
}

async function readPrompts({ from, in: path, prompts }: ImportFlags): Promise<readonly PromptRow[]> {
  const text = await readText(path);
  if (prompts !== undefined) return attachRubric(path, text, prompts);
  return convertRows(path, splitRows(path, text), (row) => convertRow(from, row));
}

function convertRow(from: ImportFlags['from'], row: PlacedValue): PromptRow {
  switch (from) {
    case 'tickloop':
      return checkRow(barePromptRow, row);
    case 'wildbench':
      return fromWildBench(checkRow(wildBenchRow, row));
    case 'infobench':
      return fromInfoBench(checkRow(infoBenchRow, row));
    case 'verifiers':
      return fromVerifiers(checkRow(verifiersRow, row));
    case 'ifeval':
      return ifevalRowToPrompt(checkRow(ifevalRow, row));
    case 'mt-bench':
      return fromMtBench(checkRow(mtBenchRow, row));
  }
}

/** Every converted row has to be a valid prompt with an id of its own. */
function convertRows(
  path: string,
  values: readonly PlacedValue[],
  convert: (row: PlacedValue) => PromptRow,
): readonly PromptRow[] {
  const places = new Map<string, string>();
  const rows = values.map((placed) => {
    const row = checkRow(barePromptRow, { where: placed.where, value: locate(placed.where, () => convert(placed)) });
    const earlier = places.get(row.promptId);
    if (earlier !== undefined) {
      throw new DataError(
        'data/duplicate-prompt',
        `${placed.where} repeats the id "${row.promptId}" of ${earlier}: ids must be unique.`,
      );
    }
    places.set(row.promptId, placed.where);
    return row;
  });
  if (rows.length === 0) throw new DataError('data/invalid-row', `The file ${path} has no rows.`);
  return rows;
}

/** A rubric file of `verifiers` stands for all prompts of a set; its items come after the prompts' own. */
async function attachRubric(path: string, text: string, promptsPath: string): Promise<readonly PromptRow[]> {
  const [rubric, ...others] = text.trimStart().startsWith('{') ? wholeOrRows(path, text) : splitRows(path, text);
  if (rubric === undefined || others.length > 0) {
    throw new DataError('data/invalid-row', `${path} must hold one rubric when --prompts is given.`);
  }
  const items = locate(rubric.where, () => fromCriteria(checkRow(verifiersRubric, rubric).criteria));
  const prompts = await readPromptSet(promptsPath);
  return prompts.map((row) => ({ ...row, checklist: [...row.checklist, ...items] }));
}

/** One object over several lines, or one a line. */
function wholeOrRows(path: string, text: string): readonly PlacedValue[] {
  try {
    return [{ where: path, value: JSON.parse(text) as unknown }];
  } catch {
    return splitRows(path, text);
  }
}

/** Puts the place before what a conversion complains of. */
function locate<Result>(where: string, convert: () => Result): Result {
  try {
    return convert();
  } catch (error) {
    if (error instanceof DataError && !error.message.startsWith(where)) {
      throw new DataError(error.code, `${where}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
