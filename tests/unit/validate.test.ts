import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { validate } from '../../cli/validate.ts';

const NO_COMMA = { question: 'Is the answer free of commas?', verifier: { kind: 'no_comma', args: {} } };

let folder: string;
let lines: string[];
const output = { json: false, line: (text: string) => lines.push(text), error: () => {}, object: () => {} };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-validate-'));
  lines = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeRows(name: string, rows: readonly object[]): Promise<string> {
  const path = join(folder, `${name}.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

const makeRow = (promptId: string, content: string, item: object = NO_COMMA) => ({
  promptId,
  messages: [{ role: 'user', content }],
  checklist: [item],
});

/** A config of online DPO over these rows; nothing answers at its addresses. */
async function writeConfig(train: readonly object[], heldOut: readonly object[], changes: object = {}) {
  const path = join(folder, 'run.yaml');
  const dead = 'http://127.0.0.1:9';
  const data = { train: await writeRows('train', train), heldOut: await writeRows('held-out', heldOut) };
  const config = {
    loop: 'online-dpo',
    data,
    policy: { baseUrl: dead, model: 'm', modelPath: folder },
    training: { method: 'dpo' },
    ...changes,
  };
  await writeFile(path, stringify(config));
  return path;
}

describe('validate', () => {
  it('counts the rows of every data file, and asks no server', async () => {
    const path = await writeConfig([makeRow('a', 'one'), makeRow('b', 'two')], [makeRow('h', 'three')]);
    expect(await validate(path, [], output)).toBe(0);
    expect(lines[0]).toContain(`${path} is valid: loop online-dpo`);
    expect(lines[1]).toBe('its data files are valid: train 2, held-out 1 rows');
  });

  it('says of the dataset of another run that it was not checked', async () => {
    const path = await writeConfig([makeRow('a', 'one')], [makeRow('h', 'three')]);
    const data = ['data.train={ dataset: made }', `data.checklist=[${JSON.stringify(NO_COMMA)}]`];
    expect(await validate(path, data, output)).toBe(0);
    expect(lines.slice(1)).toEqual([
      'its data files are valid: held-out 1 rows',
      'not checked: data.train, the dataset of run "made": it is in a store, which is read when the run is opened',
    ]);

    lines = [];
    const queries = 'curation.queries=[configs/data/bolt-queries.jsonl, { dataset: made }]';
    expect(await validate('configs/bolt.yaml', [queries, ...data.slice(1)], output)).toBe(0);
    expect(lines.at(-1)).toMatch(/^not checked: curation\.queries\.1, the dataset of run "made": /);
  });

  it('names file, line and field of a row that no run would take', async () => {
    const path = await writeConfig([makeRow('a', 'one'), { promptId: 'b' }], [makeRow('h', 'three')]);
    await expect(validate(path, [], output)).rejects.toMatchObject({
      code: 'data/invalid-row',
      message: expect.stringContaining(`${join(folder, 'train.jsonl')}:2, field messages:`),
    });
  });

  it('refuses a held-out prompt that is trained on', async () => {
    const path = await writeConfig([makeRow('a', 'same')], [makeRow('h', 'same')]);
    await expect(validate(path, [], output)).rejects.toMatchObject({
      code: 'data/held-out-overlap',
      message: expect.stringMatching(/^Prompt "h" of .*held-out\.jsonl is also "a" of .*train\.jsonl/),
    });
  });

  it('refuses an item that nobody decides, and a round that draws more prompts than there are', async () => {
    const undecided = await writeConfig([makeRow('a', 'one', { question: 'Is it kind?' })], [makeRow('h', 'three')]);
    await expect(validate(undecided, [], output)).rejects.toMatchObject({
      code: 'config/unusable',
      message: expect.stringContaining('Prompt "a" has an item without a verifier'),
    });
    const path = await writeConfig([makeRow('a', 'one')], [makeRow('h', 'three')]);
    await expect(validate(path, ['data.promptsPerRound=2'], output)).rejects.toMatchObject({
      code: 'config/unusable',
      message: expect.stringContaining('data.promptsPerRound is 2'),
    });
  });

  it('says which file is not there and which field names it', async () => {
    const path = await writeConfig([makeRow('a', 'one')], [makeRow('h', 'three')]);
    await expect(validate(path, [`data.heldOut=${join(folder, 'gone.jsonl')}`], output)).rejects.toMatchObject({
      code: 'data/unreadable',
      message: expect.stringMatching(/gone\.jsonl can't be read \(ENOENT\): check data\.train and data\.heldOut\./),
    });
  });

  it.each(['quickstart', 'bolt', 'wildbench', 'stick-refine', 'stick-best-of-n'])(
    'finds the data of configs/%s.yaml whole',
    async (name) => {
      expect(await validate(`configs/${name}.yaml`, [], output)).toBe(0);
      expect(lines[1]).toMatch(/^its data files are valid: \S/);
    },
  );

  it('reads the system prompts of Magpie and the query types of Instruct-SkillMix', async () => {
    const gone = join(folder, 'gone.md');
    await expect(
      validate('configs/magpie.yaml', [`steering={ math: { prompt: ${gone} } }`], output),
    ).rejects.toMatchObject({
      code: 'config/unusable',
      message: `steering.math.prompt: the file ${gone} can't be read (ENOENT).`,
    });
    await expect(validate('configs/skillmix.yaml', [`inventory.queryTypes=${gone}`], output)).rejects.toMatchObject({
      code: 'data/unreadable',
    });
    expect(await validate('configs/magpie.yaml', [], output)).toBe(0);
    expect(lines.at(-1)).toBe('the files that it names are valid');
  });
});
