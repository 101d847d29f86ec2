// Locks that an export is whole or not there, that Hugging Face's own library reads the same rows from each form of it, and
// that nothing of this machine is in it.
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createExportDatasetActivities, type ExportInput } from '../../activities/datasets/export-dataset.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { configArtifactName, createRunServicesProvider } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { PreferencePair } from '../../domain/preference-pair.ts';
import type { RunRef } from '../../domain/run.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { loadDatasets } from '../support/load-datasets.ts';
import { makeRunConfig } from '../support/make-run-config.ts';
import { makeSynthesisRow, writeDataset } from '../support/make-synthesis-rows.ts';

let folder: string;
let run: RunRef;
let provider: ReturnType<typeof createRunServicesProvider>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-export-'));
  run = { runName: 'made', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  provider = createRunServicesProvider({});
  await put(configArtifactName(run), [{ config: makeRunConfig() }]);
});
afterEach(async () => {
  await provider.close();
  await rm(folder, { recursive: true, force: true });
});

const store = () => createLocalArtifactStore({ root: run.storeRoot });

function put(name: string, rows: readonly object[], policy: string | null = null) {
  return store().write({
    name,
    schema: 'test',
    step: 'test',
    parents: [],
    configHash: run.configHash,
    policy,
    shards: [rows],
    summary: {},
  });
}

function exportTo(name: string, changes: Partial<ExportInput> = {}) {
  const { exportDataset } = withTranslatedErrors(createExportDatasetActivities(provider));
  const target = join(folder, name);
  const input = { run, artifact: 'dataset', format: 'hf', folder: target, licence: null, replace: false } as const;
  return inActivity(() => exportDataset({ ...input, ...changes }));
}

const read = (name: string) => readFile(join(folder, name), 'utf8');

/** Rows with everything that a text can hold and a column can lack. */
const HOSTILE: readonly SynthesisRow[] = [
  makeSynthesisRow(0, {
    messages: [
      { role: 'user', content: '| --- |\n```\n<script>alert(1)</script> \u202e 😀 é "quoted" \\ \u0000' },
      { role: 'assistant', content: '2024-01-01' },
      { role: 'user', content: '' },
      { role: 'assistant', content: '---\nlicense: mit\n---' },
    ],
    tags: { category: 'Math', otherCategories: [], quality: null, language: 'en', safety: null },
    rewards: { rewardModel: 'armo', reward: 1 },
    neighbour: { minDistance: null, rowId: null, repeatCount: 0 },
  }),
  makeSynthesisRow(1, {
    messages: [{ role: 'user', content: 'left unanswered' }],
    tags: { category: null, otherCategories: null, quality: 'good', safety: { verdict: 'unsafe', categories: ['S1'] } },
    rewards: { rewardModel: 'armo', reward: null },
    neighbour: { minDistance: 0.25, rowId: 'row-0', repeatCount: 2 },
  }),
  makeSynthesisRow(2, {
    origin: {
      method: 'skillmix',
      queryModel: 'scripted',
      replyModel: 'teacher',
      temperature: 0.7,
      topP: 1,
      seed: 2 ** 31 - 1,
      skills: ['a, b', 'c'],
      queryType: 'Advice',
      quality: 'clean',
      templates: 'f'.repeat(64),
    },
  }),
];

const pair = (index: number): PreferencePair => ({
  promptId: `p-${index}`,
  prompt: [{ role: 'user', content: 'Which?' }],
  chosen: [{ role: 'assistant', content: `this ${index}` }],
  rejected: [{ role: 'assistant', content: `that ${index}` }],
  chosenSampleIndex: 0,
  rejectedSampleIndex: 3,
  chosenReward: 1,
  rejectedReward: 0.5,
  margin: 0.5,
  largestItemGap: 1,
  policy: 'base',
});

describe('an export', () => {
  it('holds the rows of all shards in order, with the columns of the last one too', async () => {
    const rows = Array.from({ length: 2300 }, (_, index) => ({
      promptId: `p-${index}`,
      ...(index < 2299 ? {} : { late: 1 }),
    }));
    await store().write({
      name: 'made/preferences',
      schema: 'preference-pair',
      step: 'test',
      parents: [],
      configHash: run.configHash,
      policy: null,
      shards: [rows.slice(0, 1000), rows.slice(1000, 1001), rows.slice(1001)],
      summary: {},
    });
    const { rows: count } = await exportTo('pairs', { artifact: 'preferences', format: 'jsonl' });
    const lines = (await read('pairs/train.jsonl')).trimEnd().split('\n');
    expect([count, lines.length]).toEqual([2300, 2300]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows.map((row) => ({ late: null, ...row })));
  });

  it('is read by datasets.load_dataset with the same rows from every form', async () => {
    await writeDataset(store(), 'made', HOSTILE);
    await put('made/preferences', [pair(0), pair(1)]);
    await put('made/bolt/sft-rows', [{ promptId: 's', prompt: pair(0).prompt, completion: pair(0).chosen, score: 1 }]);
    expect(await exportTo('hub', { licence: 'apache-2.0' })).toEqual({
      folder: join(folder, 'hub'),
      leftBehind: [],
      files: [
        'data/train-00000-of-00001.parquet',
        'preferences/train-00000-of-00001.parquet',
        'README.md',
        'lineage.json',
      ],
      rows: 3,
      preferences: 2,
    });
    await exportTo('lines', { format: 'jsonl' });
    await exportTo('table', { format: 'parquet' });
    await exportTo('shared', { format: 'sharegpt' });
    await exportTo('pairs', { format: 'sharegpt', artifact: 'preferences' });
    await exportTo('tuned', { artifact: 'sft-rows' });
    const at = (name: string) => join(folder, name);
    const loaded = await loadDatasets(folder, [
      at('hub'),
      `${at('hub')}:preferences`,
      at('lines'),
      at('table'),
      at('shared'),
      at('pairs'),
      at('tuned'),
    ]);

    const rows = loaded[at('hub')] ?? [];
    expect(rows.map(({ uuid, messages }) => ({ uuid, messages }))).toEqual(
      HOSTILE.map(({ rowId, messages }) => ({ uuid: rowId, messages })),
    );
    expect(rows[0]).toMatchObject({
      instruction: HOSTILE[0]?.messages[0]?.content,
      response: '2024-01-01',
      model: 'scripted',
      gen_input_configs: {
        temperature: 1,
        top_p: 1,
        input_generator: 'scripted',
        seed: 4096,
        pre_query_template: '<|im_start|>user\n',
      },
      task_category: 'Math',
      other_task_category: [],
      input_quality: null,
      instruct_reward: 1,
      min_neighbor_distance: null,
      repeat_count: 0,
      safety: null,
      skills: null,
    });
    expect(rows[1]).toMatchObject({
      response: null,
      safety: 'unsafe',
      safety_categories: ['S1'],
      min_similar_uuid: 'row-0',
    });
    expect(rows[2]).toMatchObject({
      method: 'skillmix',
      skills: ['a, b', 'c'],
      query_type: 'Advice',
      answer_quality: 'clean',
      gen_input_configs: { seed: 2147483647, pre_query_template: null },
      task_category: null,
    });
    expect(loaded[at('table')]).toEqual(rows);
    expect(loaded[at('lines')]).toEqual(rows);
    expect(loaded[`${at('hub')}:preferences`]).toEqual([pair(0), pair(1)]);
    expect(loaded[at('shared')]?.[1]).toEqual({
      id: 'row-1',
      conversations: [{ from: 'human', value: 'left unanswered' }],
    });
    expect(loaded[at('pairs')]?.[0]).toEqual({
      id: 'p-0',
      conversations: [{ from: 'human', value: 'Which?' }],
      chosen: { from: 'gpt', value: 'this 0' },
      rejected: { from: 'gpt', value: 'that 0' },
    });
    expect(loaded[at('tuned')]).toEqual([
      { promptId: 's', prompt: pair(0).prompt, completion: pair(0).chosen, score: 1 },
    ]);
  }, 180_000);

  it('is read from JSON lines whose columns begin with more nulls than a reader looks at', async () => {
    const { origin } = makeSynthesisRow(0);
    const filler = 'x'.repeat(4000);
    const rows = Array.from({ length: 6000 }, (_, index) =>
      makeSynthesisRow(index, {
        messages: [{ role: 'user', content: `${index} ${filler}` }],
        origin,
        ...(index < 5999 ? {} : { tags: { category: 'Math', otherCategories: ['Reasoning'] } }),
      }),
    );
    await writeDataset(store(), 'made', rows);
    await exportTo('lines', { format: 'jsonl' });
    const loaded = await loadDatasets(folder, [join(folder, 'lines')]);
    expect(loaded[join(folder, 'lines')]).toHaveLength(6000);
    expect(loaded[join(folder, 'lines')]?.at(-1)).toMatchObject({
      task_category: 'Math',
      other_task_category: ['Reasoning'],
    });
  }, 180_000);

  it('has a card with licence, size, configs, counts, filters, models and lineage', async () => {
    const ref = await writeDataset(store(), 'made', HOSTILE, {
      asked: 3,
      sampled: 9,
      filters: { quality: { min: 'good' }, embedder: { baseUrl: 'http://user:key@10.0.0.1/v1', model: '/models/gte' } },
    });
    await exportTo('hub', { licence: 'apache-2.0' });
    const card = await read('hub/README.md');
    const [, front = '', ...body] = card.split(/^---$/m);
    expect(parse(front)).toMatchObject({
      pretty_name: 'made',
      license: 'apache-2.0',
      language: ['en'],
      tags: ['synthetic', 'tickloop', 'magpie', 'skillmix'],
      size_categories: ['n<1K'],
      configs: [
        { config_name: 'default', default: true, data_files: [{ split: 'train', path: 'data/train-*.parquet' }] },
      ],
    });
    const text = body.join('---');
    expect(text).toContain('| rows sampled | 9 |');
    expect(text).toContain('| scripted | queries | 3 |');
    expect(text).toContain('| teacher | replies | 1 |');
    expect(text).toContain('"model": "gte"');
    expect(text).toContain(`| made/dataset | settle-dataset | 3 | ${ref.contentHash} |`);
    expect(text).toContain('1'.repeat(64));
    const lineage = JSON.parse(await read('hub/lineage.json')) as readonly object[];
    expect(lineage).toMatchObject([{ name: 'made/dataset', contentHash: ref.contentHash, configHash: '1'.repeat(64) }]);
    for (const file of [card, await read('hub/lineage.json')]) {
      expect(file).not.toContain(folder);
      expect(file).not.toContain('10.0.0.1');
      expect(file).not.toContain('user:key');
    }
  });

  it('names a model that is served by its folder without the folder', async () => {
    const { origin } = makeSynthesisRow(0);
    const queryModel = join(folder, 'models', 'small');
    await writeDataset(store(), 'made', [makeSynthesisRow(0, { origin: { ...origin, queryModel } })]);
    await exportTo('hub');
    await exportTo('lines', { format: 'jsonl' });
    expect(await read('hub/README.md')).toContain('| small | queries | 1 |');
    for (const file of [await read('hub/README.md'), await read('lines/train.jsonl')]) {
      expect(file).not.toContain(folder);
    }
  });

  it('names the policy of pairs and of their lineage without its folder', async () => {
    const policy = `base:${join(folder, 'models', 'größer', 'small')}`;
    await writeDataset(store(), 'made', [makeSynthesisRow(0)]);
    await put('made/preferences', [{ ...pair(0), policy }], policy);
    await exportTo('pairs', { artifact: 'preferences', format: 'jsonl' });
    await exportTo('hub');
    const lines = await read('pairs/train.jsonl');
    expect(JSON.parse(lines)).toEqual({ ...pair(0), policy: 'base:small' });
    expect(JSON.parse(await read('pairs/lineage.json'))).toMatchObject([{ policy: 'base:small' }]);
    for (const name of ['preferences/train-00000-of-00001.parquet', 'lineage.json', 'README.md']) {
      expect(await read(`hub/${name}`)).not.toContain(folder);
    }
  });

  it('takes the pairs of all rounds where a run has no preferences of its own', async () => {
    await put('made/round-001/pairs', [pair(0)]);
    await put('made/round-002/pairs', [pair(1)]);
    await exportTo('pairs', { artifact: 'preferences', format: 'jsonl' });
    const lines = (await read('pairs/train.jsonl')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([pair(0), pair(1)]);
  });

  it('says what a run lacks, and writes nothing', async () => {
    const failure = await failureFrom(exportTo('hub'));
    expect(failure).toMatchObject({ type: 'artifact/missing', nonRetryable: true });
    expect(failure.message).toBe(
      'Run "made" has no dataset to export: a run that synthesizes instructions ends with one. Choose another --artifact, or let the run come that far.',
    );
    expect(await readdir(folder)).toEqual(['store']);
  });
});

describe('the folder of an export', () => {
  beforeEach(() => writeDataset(store(), 'made', HOSTILE));

  it('stands when the same is exported again, and is an empty one if that is there', async () => {
    await mkdir(join(folder, 'hub'));
    const first = await exportTo('hub');
    expect(await exportTo('hub')).toEqual(first);
    expect((await readdir(folder)).toSorted()).toEqual(['hub', 'store']);
  });

  it('is not touched when it has other files', async () => {
    await mkdir(join(folder, 'hub'));
    await writeFile(join(folder, 'hub', 'README.md'), 'mine');
    const failure = await failureFrom(exportTo('hub'));
    expect(failure).toMatchObject({ type: 'artifact/conflict', nonRetryable: true });
    expect(failure.message).toBe(
      `${join(folder, 'hub')} has other files already: export to a new folder, or replace an earlier export with --force.`,
    );
    expect(await readdir(join(folder, 'hub'))).toEqual(['README.md']);
    expect((await readdir(folder)).toSorted()).toEqual(['hub', 'store']);
  });

  it('is replaced as a whole when that is asked for', async () => {
    await exportTo('out', { format: 'parquet' });
    await exportTo('out', { format: 'jsonl', replace: true });
    expect((await readdir(join(folder, 'out'))).toSorted()).toEqual(['README.md', 'lineage.json', 'train.jsonl']);
    expect((await readdir(folder)).toSorted()).toEqual(['out', 'store']);
  });

  it('is never replaced when it holds what no export writes', async () => {
    await mkdir(join(folder, 'home'));
    await writeFile(join(folder, 'home', 'thesis.tex'), 'years of work');
    await writeFile(join(folder, 'home', 'README.md'), 'mine');
    const failure = await failureFrom(exportTo('home', { replace: true }));
    expect(failure.message).toBe(
      `${join(folder, 'home')} holds "thesis.tex" that no export writes: --force replaces earlier exports alone; export to a new folder.`,
    );
    expect((await readdir(join(folder, 'home'))).toSorted()).toEqual(['README.md', 'thesis.tex']);
  });

  it.each([
    ['data/raw.csv', '"data/raw.csv" that no export writes'],
    ['preferences/data/train-00000-of-00001.parquet', '"preferences/data" that no export writes'],
    ['train.jsonl', 'no lineage.json, which every export has'],
  ])('is never replaced when it holds %s of a project with a README', async (name, held) => {
    const path = join(folder, 'project', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'mine');
    await writeFile(join(folder, 'project', 'README.md'), 'mine');
    const failure = await failureFrom(exportTo('project', { replace: true }));
    expect(failure).toMatchObject({ type: 'artifact/conflict', nonRetryable: true });
    expect(failure.message).toBe(
      `${join(folder, 'project')} holds ${held}: --force replaces earlier exports alone; export to a new folder.`,
    );
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect((await readdir(folder)).toSorted()).toEqual(['project', 'store']);
  });

  it('is refused for its names alone, unread: a link out of it is not followed', async () => {
    await mkdir(join(folder, 'hub'));
    await symlink(folder, join(folder, 'hub', 'data'));
    const failure = await failureFrom(exportTo('hub'));
    expect(failure).toMatchObject({ type: 'artifact/conflict', nonRetryable: true });
    expect(failure.message).toContain('has other files already');
    const forced = await failureFrom(exportTo('hub', { replace: true }));
    expect(forced.message).toContain('holds "data" that no export writes');
  });

  it('says where an export lies that was killed while it was replaced', async () => {
    const old = join(folder, 'out.0a1b2c3d.tmp');
    await mkdir(old);
    await mkdir(join(folder, 'out.mine.tmp'));
    expect((await exportTo('out', { format: 'jsonl' })).leftBehind).toEqual([old]);
    expect((await exportTo('out', { format: 'jsonl' })).leftBehind).toEqual([old]);
    expect(await readdir(folder)).toContain('out.0a1b2c3d.tmp');
  });

  it('can not be below a link that leads to itself, which is said', async () => {
    await symlink(join(folder, 'loop'), join(folder, 'loop'));
    const failure = await failureFrom(exportTo('loop/hub'));
    expect(failure).toMatchObject({ type: 'artifact/unwritable', nonRetryable: true });
    expect(failure.message).toContain('(ELOOP)');
  });

  it('is followed through a link', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'link'));
    expect((await exportTo('link', { format: 'jsonl' })).folder).toBe(join(folder, 'real'));
    expect(await readdir(join(folder, 'real'))).toContain('train.jsonl');
  });

  it('can not be below a file, which is said', async () => {
    await writeFile(join(folder, 'file'), '');
    const failure = await failureFrom(exportTo('file/hub'));
    expect(failure).toMatchObject({ type: 'artifact/unwritable', nonRetryable: true });
    expect(failure.message).toContain(`The worker can't write ${join(folder, 'file', 'hub')} (ENOTDIR)`);
  });

  it('has nothing of an export that failed on its way', async () => {
    await mkdir(join(folder, 'hub', 'data'), { recursive: true });
    await put('made/preferences', [{ prompt: 'text' }, { prompt: ['list'] }]);
    const failure = await failureFrom(exportTo('hub'));
    expect(failure).toMatchObject({ type: 'data/invalid-row', nonRetryable: true });
    expect(await readdir(join(folder, 'hub'))).toEqual(['data']);
    expect((await readdir(folder)).toSorted()).toEqual(['hub', 'store']);
  });
});
