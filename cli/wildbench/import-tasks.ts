import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { checkRows } from '../../configs/check-rows.ts';
import { infoBenchRow, mtBenchRow } from '../../configs/schema/exchange-rows.ts';
import { wildBenchTask } from '../../configs/schema/wildbench-task.ts';
import { parseTable, type TableRow } from '../../configs/table-rows.ts';
import { ConfigError, DataError } from '../../domain/errors.ts';
import { taskOfInfoBench, taskOfMtBench, type TaskRecord } from '../../domain/wildbench/convert-task.ts';
import type { WildBenchTask } from '../../domain/wildbench/task.ts';
import type { Output } from '../output.ts';

/** Task sets that can be read. */
export const TASK_FORMATS = ['wildbench', 'infobench', 'mt-bench'] as const;

/** Flags of `wildbench import`. */
export interface ImportTasksFlags {
  readonly from: (typeof TASK_FORMATS)[number];
  readonly in: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Said where the file is missing, since the set can't come along with the program. */
export const HOW_TO_GET_TASKS =
  "WildBench's tasks are gated: accept the licence (AI2 ImpACT, low risk) on the page of the data set allenai/WildBench of the Hugging Face Hub, log in there, download the Parquet file of the config v2, and give it to `tickloop wildbench import --in FILE.parquet --out tasks.jsonl`.";

const category = z.object({ category: z.string().default('') });
const infoBenchTask = infoBenchRow.extend(category.shape);
const mtBenchTask = mtBenchRow.extend(category.shape);

/** Writes tasks in upstream's field names, JSONL; returns the exit code. @throws DataError, ConfigError */
export async function importTasks({ from, in: path, out }: ImportTasksFlags, output: Output): Promise<number> {
  const rows = (await readTable(path)).map((row) => ({ where: row.where, value: convert(from, row) }));
  const tasks = checkRows(rows, wildBenchTask);
  const lines = tasks.map((task, index) => JSON.stringify(recordOf(task, rows[index]?.value)));
  await writeFile(out, lines.map((line) => `${line}\n`).join('')).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError('config/unreadable', `The file ${out} can't be written (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
  const tags = countTags(tasks);
  output.line(`wrote ${tasks.length} tasks to ${out}: ${tags.map(([tag, count]) => `${tag} ${count}`).join(', ')}`);
  if (from === 'infobench')
    output.line('The tags are our reading of InFoBench’s categories, which name subjects and sites.');
  if (from === 'mt-bench') {
    output.line(
      'First turns only, each with the same general questions: MT-Bench has no checklists, and its second turn asks about the model’s own first answer.',
    );
  }
  output.object({ out, tasks: tasks.length, tags: Object.fromEntries(tags) });
  return 0;
}

async function readTable(path: string): Promise<readonly TableRow[]> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(
      'config/unreadable',
      `The file ${path} can't be read (${cause.code ?? cause.message}). ${HOW_TO_GET_TASKS}`,
      { cause },
    );
  });
  return parseTable(path, bytes);
}

function convert(from: ImportTasksFlags['from'], { where, value }: TableRow): unknown {
  switch (from) {
    case 'wildbench':
      return value;
    case 'infobench':
      return taskOfInfoBench(check(where, value, infoBenchTask));
    case 'mt-bench':
      return taskOfMtBench(check(where, value, mtBenchTask));
  }
}

function check<Row>(where: string, value: unknown, schema: z.ZodType<Row>): Row {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DataError(
    'data/invalid-row',
    `${where}, field ${issue?.path.map(String).join('.') || '(row)'}: ${issue?.message ?? 'invalid'}.`,
  );
}

/** Only what a metric or a judge uses: the set has fields of people's chats that nothing here needs. */
function recordOf(task: WildBenchTask, value: unknown): TaskRecord {
  const source = typeof value === 'object' && value !== null && 'source' in value ? String(value.source) : 'wildbench';
  return {
    session_id: task.sessionId,
    conversation_input: task.messages.map(({ role, content }) => ({ role, content })),
    checklist: task.checklist,
    primary_tag: task.primaryTag,
    secondary_tags: task.secondaryTags,
    source,
  };
}

function countTags(tasks: readonly WildBenchTask[]): readonly (readonly [tag: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const { primaryTag } of tasks) counts.set(primaryTag, (counts.get(primaryTag) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}
