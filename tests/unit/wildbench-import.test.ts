// Locks that task sets are read from Parquet and JSONL and from other checklist sets, strictly, and written in upstream's names.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importTasks, type ImportTasksFlags } from '../../cli/wildbench/import-tasks.ts';
import { UNIVERSAL_ITEMS } from '../../domain/checklist-writing/universal-items.ts';

const PARQUET = fileURLToPath(new URL('../fixtures/wildbench/tasks.parquet', import.meta.url));
const CHECKED_IN = fileURLToPath(new URL('../../configs/data/wildbench-style-tasks.jsonl', import.meta.url));

let folder: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-import-'));
  lines = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(flags: Partial<ImportTasksFlags>): Promise<readonly unknown[]> {
  const out = join(folder, 'out.jsonl');
  const output = { line: (text: string) => lines.push(text), error: () => undefined, object: () => undefined };
  await importTasks({ from: 'wildbench', in: join(folder, 'in'), out, ...flags }, output as never);
  const text = await readFile(out, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
const given = (...rows: readonly object[]) =>
  writeFile(join(folder, 'in'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

describe('wildbench import', () => {
  it('reads Parquet with nested turns, and keeps what a judge or a metric uses', async () => {
    expect(await run({ in: PARQUET })).toEqual([
      {
        session_id: 'made-up-1',
        conversation_input: [
          { role: 'user', content: 'Plan a walk in Vienna \u{1F600}.' },
          { role: 'assistant', content: 'Which district?' },
          { role: 'user', content: 'The first.' },
        ],
        checklist: ['Does it stay in the first district?', 'Is the order walkable?'],
        primary_tag: 'Planning',
        secondary_tags: ['Information seeking'],
        source: 'wildbench',
      },
      {
        session_id: 'made-up-2',
        conversation_input: [{ role: 'user', content: 'What is 17 times 23?' }],
        checklist: ['Is the result 391?'],
        primary_tag: 'Math',
        secondary_tags: [],
        source: 'wildbench',
      },
    ]);
    expect(lines[0]).toContain('wrote 2 tasks');
  });

  it('takes its own output again', async () => {
    const first = await run({ in: PARQUET });
    await given(...(first as object[]));
    expect(await run({})).toEqual(first);
  });

  it('makes tasks of InFoBench, the input below the instruction', async () => {
    await given({
      id: 'x-1',
      instruction: 'Translate it into Ruby.',
      input: 'print(1)',
      category: 'GeeksforGeeks',
      decomposed_questions: ['Is it Ruby?'],
    });
    expect(await run({ from: 'infobench' })).toMatchObject([
      {
        session_id: 'x-1',
        conversation_input: [{ role: 'user', content: 'Translate it into Ruby.\n\nprint(1)' }],
        checklist: ['Is it Ruby?'],
        primary_tag: 'Coding & Debugging',
        source: 'infobench',
      },
    ]);
  });

  it('makes tasks of the first turns of MT-Bench, with questions that suit every answer', async () => {
    await given({ question_id: 81, category: 'writing', turns: ['Write a post.', 'Start every sentence with A.'] });
    expect(await run({ from: 'mt-bench' })).toMatchObject([
      {
        session_id: 'mt-bench-81',
        conversation_input: [{ role: 'user', content: 'Write a post.' }],
        checklist: UNIVERSAL_ITEMS.map(({ question }) => question),
        primary_tag: 'Creative Writing',
      },
    ]);
  });

  it('names line and field of a bad row, and the twin of a repeated task', async () => {
    const task = {
      conversation_input: [{ role: 'user', content: 'Hi' }],
      checklist: ['Is it kind?'],
      primary_tag: 'Math',
    };
    await given({ session_id: 'a', ...task }, { session_id: 'b', ...task, primary_tag: 'Cooking' });
    await expect(run({})).rejects.toThrow(/in:2, field primary_tag, secondary_tags: The tag "Cooking"/);
    await given({ session_id: 'a', ...task }, { session_id: 'a', ...task });
    await expect(run({})).rejects.toThrow(/in:2 repeats the task "a" of .*in:1/);
    await writeFile(join(folder, 'in'), 'PAR1 and then nothing that is Parquet');
    await expect(run({})).rejects.toThrow(/can't be read \(.*\): write it again uncompressed or with snappy/);
  });

  it('says how to get the gated set where the file is missing', async () => {
    await expect(run({ in: join(folder, 'nowhere') })).rejects.toThrow(/accept the licence/);
  });

  it('has 64 tasks of InFoBench checked in', async () => {
    const rows = await run({ in: CHECKED_IN });
    expect(rows).toHaveLength(64);
    expect(rows[0]).toMatchObject({ source: 'infobench' });
  });
});
