import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { exportChecklists, type ExportFlags } from '../../cli/checklists/export-checklists.ts';
import { importChecklists, type ImportFlags } from '../../cli/checklists/import-checklists.ts';
import type { Output } from '../../cli/output.ts';

let folder: string;
let printed: object[];

const output: Output = {
  json: true,
  line: () => {},
  error: () => {},
  object: (value) => {
    printed.push(value);
  },
};

beforeEach(async () => {
  printed = [];
  folder = await mkdtemp(join(tmpdir(), 'tickloop-exchange-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const pathOf = (name: string) => join(folder, name);
const writeIn = (rows: readonly object[]) =>
  writeFile(pathOf('in'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const readOut = async () =>
  (await readFile(pathOf('out'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

async function imported(from: ImportFlags['from'], rows: readonly object[]): Promise<readonly object[]> {
  await writeIn(rows);
  expect(await importChecklists({ from, in: pathOf('in'), out: pathOf('out') }, output)).toBe(0);
  return readOut();
}

async function exported(to: ExportFlags['to'], rows: readonly object[]): Promise<readonly object[]> {
  await writeIn(rows);
  expect(await exportChecklists({ to, in: pathOf('in'), out: pathOf('out') }, output)).toBe(0);
  return readOut();
}

const ROW = {
  promptId: 'p-1',
  messages: [{ role: 'user', content: 'Name a river.' }],
  checklist: [
    { question: 'Is it a river?', weight: 25, kind: 'explicit' },
    { question: 'Is it short?', verifier: { kind: 'length_words', args: { max: 3 } } },
  ],
};

describe('importChecklists', () => {
  it('reads WildBench’s fields and passes over the others', async () => {
    const row = {
      session_id: 'ab12',
      conversation_input: [
        { role: 'user', content: 'Hi', language: 'English', toxic: false },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'Name a river.' },
      ],
      checklist: ['Is it a river?'],
      primary_tag: 'x',
    };
    expect(await imported('wildbench', [row])).toEqual([
      {
        promptId: 'ab12',
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Hello' },
          { role: 'user', content: 'Name a river.' },
        ],
        checklist: [{ question: 'Is it a river?' }],
      },
    ]);
    expect(printed).toEqual([
      { out: pathOf('out'), prompts: 1, withoutChecklist: 0, items: 1, withVerifier: 0, withWeight: 0 },
    ]);
  });

  it('puts InFoBench’s input below its instruction', async () => {
    const rows = [
      {
        id: 'a',
        instruction: 'Translate.',
        input: 'Guten Tag',
        decomposed_questions: ['Is it English?'],
        subset: 'Easy_set',
      },
      { id: 'b', instruction: 'Greet me.', input: '', decomposed_questions: ['Is it a greeting?'] },
    ];
    expect(await imported('infobench', rows)).toMatchObject([
      {
        promptId: 'a',
        messages: [{ content: 'Translate.\n\nGuten Tag' }],
        checklist: [{ question: 'Is it English?' }],
      },
      { promptId: 'b', messages: [{ content: 'Greet me.' }] },
    ]);
  });

  it('takes the first turn of MT-Bench and counts the prompt as one without a checklist', async () => {
    expect(await imported('mt-bench', [{ question_id: 81, category: 'writing', turns: ['One', 'Two'] }])).toEqual([
      { promptId: 'mt-bench-81', messages: [{ role: 'user', content: 'One' }], checklist: [] },
    ]);
    expect(printed).toMatchObject([{ prompts: 1, withoutChecklist: 1, items: 0 }]);
  });

  it('gives each instruction of IFEval its verifier', async () => {
    const row = { key: 7, prompt: 'Hi, no commas.', instruction_id_list: ['punctuation:no_comma'], kwargs: [{}] };
    expect(await imported('ifeval', [row])).toMatchObject([
      {
        promptId: 'ifeval-7',
        messages: [{ content: 'Hi, no commas.' }],
        checklist: [{ verifier: { kind: 'ifeval', args: { id: 'punctuation:no_comma' } } }],
      },
    ]);
    expect(printed).toMatchObject([{ prompts: 1, items: 1, withVerifier: 1 }]);
  });

  it('turns the weights of verifiers into integers up to 100', async () => {
    const criteria = (weights: readonly number[]) =>
      weights.map((weight, i) => ({ name: `n${i}`, text: `Is it ${i}?`, weight }));
    const rows = [
      { id: 1, prompt: 'Hi', criteria: criteria([1, 0.25, 0, 0.001]) },
      { id: 2, prompt: [{ role: 'user', content: 'Hi' }], criteria: criteria([4, 1]) },
      { id: 3, prompt: 'Hi', criteria: [{ name: 'n', text: 'Is it?', choices: ['No', 'Yes'] }] },
    ];
    const weights = (await imported('verifiers', rows)).map((row) =>
      (row as typeof ROW).checklist.map(({ weight }) => weight),
    );
    // 0.001 x 100 is 0.1, and stays above 0; 4 is the largest, so 1 becomes 100 / 4.
    expect(weights).toEqual([[100, 25, 0, 1], [100, 25], [100]]);
  });

  it('adds a rubric without a prompt to every prompt of a set', async () => {
    await writeFile(pathOf('prompts'), `${JSON.stringify({ ...ROW, checklist: [] })}\n`);
    await writeFile(pathOf('in'), JSON.stringify({ criteria: [{ name: 'n', text: 'Is it new?' }] }, null, 2));
    await importChecklists(
      { from: 'verifiers', in: pathOf('in'), out: pathOf('out'), prompts: pathOf('prompts') },
      output,
    );
    expect(await readOut()).toEqual([{ ...ROW, checklist: [{ question: 'Is it new?', weight: 100 }] }]);
  });

  it.each([
    ['tickloop', [ROW, ROW], ':2 repeats the id "p-1" of '],
    ['tickloop', [{ ...ROW, promptId: 'x'.repeat(201) }], ':1, field promptId: must be 1 to 200 printable characters.'],
    ['tickloop', [{ ...ROW, checklist: [{ question: ' ' }] }], ':1, field checklist.0.question: must not be blank.'],
    [
      'infobench',
      [{ id: 'a', instruction: 'x', decomposed_questions: ['Is it?', ''] }],
      ':1, field decomposed_questions.1: ',
    ],
    ['wildbench', [{ session_id: 'a', checklist: [] }], ':1, field conversation_input: '],
    [
      'wildbench',
      [{ session_id: 'a', conversation_input: [{ role: 'assistant', content: 'x' }], checklist: [] }],
      ':1, field messages: the last message must be the user’s.',
    ],
    ['mt-bench', [{ question_id: 1, turns: [] }], ':1, field turns: '],
    [
      'verifiers',
      [{ id: 'a', prompt: 'x', criteria: [{ name: 'tone', text: 'Rude?', choices: ['yes', 'no'] }] }],
      ':1: criterion "tone" has the choices "yes", "no"; only "no", "yes" in this order',
    ],
  ] as const)('names file and line of a bad row: %s', async (from, rows, message) => {
    await writeIn(rows);
    const work = importChecklists({ from, in: pathOf('in'), out: pathOf('out') }, output);
    await expect(work).rejects.toThrow(`${pathOf('in')}${message}`);
    expect(await readdir(folder)).toEqual(['in']);
  });

  it('reads one JSON list too, and names its rows', async () => {
    await writeFile(pathOf('in'), JSON.stringify([ROW, { ...ROW, promptId: '' }]));
    await expect(importChecklists({ from: 'tickloop', in: pathOf('in'), out: pathOf('out') }, output)).rejects.toThrow(
      `${pathOf('in')}, row 2, field promptId: `,
    );
  });

  it('says that a file is missing, or that there is no folder to write to', async () => {
    const flags = { from: 'tickloop', in: pathOf('in'), out: pathOf('no/out') } as const;
    await expect(importChecklists(flags, output)).rejects.toMatchObject({ code: 'data/unreadable' });
    await writeIn([ROW]);
    await expect(importChecklists(flags, output)).rejects.toMatchObject({ code: 'config/unusable' });
  });
});

describe('exportChecklists', () => {
  it('gives back what came in, in its own format', async () => {
    expect(await exported('tickloop', [ROW])).toEqual([ROW]);
  });

  it('writes rubrics that verifiers loads, and counts the verifiers it has no place for', async () => {
    const rows = await exported('verifiers', [ROW]);
    expect(rows).toEqual([
      {
        id: 'p-1',
        prompt: ROW.messages,
        criteria: [
          { name: 'item-1', text: 'Is it a river?', weight: 0.25, choices: ['no', 'yes'] },
          { name: 'item-2', text: 'Is it short?', weight: 1, choices: ['no', 'yes'] },
        ],
      },
    ]);
    expect(printed).toEqual([{ out: pathOf('out'), prompts: 1, items: 2, verifiersLeftOut: 1, weightsLeftOut: 0 }]);
    expect(await imported('verifiers', rows)).toMatchObject([{ checklist: [{ weight: 25 }, { weight: 100 }] }]);
  });

  it('writes InFoBench’s fields, and refuses a conversation', async () => {
    expect(await exported('infobench', [ROW])).toEqual([
      { id: 'p-1', instruction: 'Name a river.', input: '', decomposed_questions: ['Is it a river?', 'Is it short?'] },
    ]);
    expect(printed).toMatchObject([{ verifiersLeftOut: 1, weightsLeftOut: 1 }]);
    const turns = [{ role: 'system', content: 'Be brief.' }, ...ROW.messages];
    await expect(exported('infobench', [{ ...ROW, messages: turns }])).rejects.toThrow(
      'is a conversation of 2 messages',
    );
  });
});
