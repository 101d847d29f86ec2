// Locks that Hugging Face's own library reads the same rows from each form of an export, and that nothing of this machine is
// in it.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PreferencePair } from '../../domain/preference-pair.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { failureFrom } from '../support/activity-bench.ts';
import { startExportBench, type ExportBench } from '../support/export-bench.ts';
import { loadDatasets } from '../support/load-datasets.ts';
import { makeSynthesisRow, writeDataset } from '../support/make-synthesis-rows.ts';

let bench: ExportBench;
beforeEach(async () => {
  bench = await startExportBench();
});
afterEach(() => bench.close());

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
    await bench.store.write({
      name: 'made/preferences',
      schema: 'preference-pair',
      step: 'test',
      parents: [],
      configHash: bench.run.configHash,
      policy: null,
      shards: [rows.slice(0, 1000), rows.slice(1000, 1001), rows.slice(1001)],
      summary: {},
    });
    const { rows: count } = await bench.exportTo('pairs', { artifact: 'preferences', format: 'jsonl' });
    const lines = (await bench.read('pairs/train.jsonl')).trimEnd().split('\n');
    expect([count, lines.length]).toEqual([2300, 2300]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows.map((row) => ({ late: null, ...row })));
  });

  it('is read by datasets.load_dataset with the same rows from every form', async () => {
    await writeDataset(bench.store, 'made', HOSTILE);
    await bench.put('made/preferences', [pair(0), pair(1)]);
    await bench.put('made/bolt/sft-rows', [
      { promptId: 's', prompt: pair(0).prompt, completion: pair(0).chosen, score: 1 },
    ]);
    expect(await bench.exportTo('hub', { licence: 'apache-2.0' })).toEqual({
      folder: join(bench.folder, 'hub'),
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
    await bench.exportTo('lines', { format: 'jsonl' });
    await bench.exportTo('table', { format: 'parquet' });
    await bench.exportTo('shared', { format: 'sharegpt' });
    await bench.exportTo('pairs', { format: 'sharegpt', artifact: 'preferences' });
    await bench.exportTo('tuned', { artifact: 'sft-rows' });
    const at = (name: string) => join(bench.folder, name);
    const loaded = await loadDatasets(bench.folder, [
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
    await writeDataset(bench.store, 'made', rows);
    await bench.exportTo('lines', { format: 'jsonl' });
    const loaded = await loadDatasets(bench.folder, [join(bench.folder, 'lines')]);
    expect(loaded[join(bench.folder, 'lines')]).toHaveLength(6000);
    expect(loaded[join(bench.folder, 'lines')]?.at(-1)).toMatchObject({
      task_category: 'Math',
      other_task_category: ['Reasoning'],
    });
  }, 180_000);

  it('has a card with licence, size, configs, counts, filters, models and lineage', async () => {
    const ref = await writeDataset(bench.store, 'made', HOSTILE, {
      asked: 3,
      sampled: 9,
      filters: { quality: { min: 'good' }, embedder: { baseUrl: 'http://user:key@10.0.0.1/v1', model: '/models/gte' } },
    });
    await bench.exportTo('hub', { licence: 'apache-2.0' });
    const card = await bench.read('hub/README.md');
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
    const lineage = JSON.parse(await bench.read('hub/lineage.json')) as readonly object[];
    expect(lineage).toMatchObject([{ name: 'made/dataset', contentHash: ref.contentHash, configHash: '1'.repeat(64) }]);
    for (const file of [card, await bench.read('hub/lineage.json')]) {
      expect(file).not.toContain(bench.folder);
      expect(file).not.toContain('10.0.0.1');
      expect(file).not.toContain('user:key');
    }
  });

  it('names a model that is served by its folder without the folder', async () => {
    const { origin } = makeSynthesisRow(0);
    const queryModel = join(bench.folder, 'models', 'small');
    await writeDataset(bench.store, 'made', [makeSynthesisRow(0, { origin: { ...origin, queryModel } })]);
    await bench.exportTo('hub');
    await bench.exportTo('lines', { format: 'jsonl' });
    expect(await bench.read('hub/README.md')).toContain('| small | queries | 1 |');
    for (const file of [await bench.read('hub/README.md'), await bench.read('lines/train.jsonl')]) {
      expect(file).not.toContain(bench.folder);
    }
  });

  it('names the policy of pairs and of their lineage without its folder', async () => {
    const policy = `base:${join(bench.folder, 'models', 'größer', 'small')}`;
    await writeDataset(bench.store, 'made', [makeSynthesisRow(0)]);
    await bench.put('made/preferences', [{ ...pair(0), policy }], policy);
    await bench.exportTo('pairs', { artifact: 'preferences', format: 'jsonl' });
    await bench.exportTo('hub');
    const lines = await bench.read('pairs/train.jsonl');
    expect(JSON.parse(lines)).toEqual({ ...pair(0), policy: 'base:small' });
    expect(JSON.parse(await bench.read('pairs/lineage.json'))).toMatchObject([{ policy: 'base:small' }]);
    for (const name of ['preferences/train-00000-of-00001.parquet', 'lineage.json', 'README.md']) {
      expect(await bench.read(`hub/${name}`)).not.toContain(bench.folder);
    }
  });

  it('takes the pairs of all rounds where a run has no preferences of its own', async () => {
    await bench.put('made/round-001/pairs', [pair(0)]);
    await bench.put('made/round-002/pairs', [pair(1)]);
    await bench.exportTo('pairs', { artifact: 'preferences', format: 'jsonl' });
    const lines = (await bench.read('pairs/train.jsonl')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([pair(0), pair(1)]);
  });

  it('says what a run lacks, and writes nothing', async () => {
    const failure = await failureFrom(bench.exportTo('hub'));
    expect(failure).toMatchObject({ type: 'artifact/missing', nonRetryable: true });
    expect(failure.message).toBe(
      'Run "made" has no dataset to export: a run that synthesizes instructions ends with one. Choose another --artifact, or let the run come that far.',
    );
    expect(await bench.names()).toEqual(['store']);
  });
});
