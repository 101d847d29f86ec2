// Locks what an export is made of: columns of one type each, a card that no text can break out of, and files with names.
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { encodeParquet } from '../../clients/parquet-file.ts';
import { renderFrontMatter } from '../../domain/dataset-export/card-front-matter.ts';
import { alignRows, createColumnFinder, type TableRow } from '../../domain/dataset-export/column-types.ts';
import { toRecord } from '../../domain/dataset-export/dataset-record.ts';
import { planFiles } from '../../domain/dataset-export/export-plan.ts';
import { escapeMarkdown, fenceMarkdown, markdownTable } from '../../domain/dataset-export/markdown.ts';
import { publicModelName, publicSettings, publicStamp } from '../../domain/dataset-export/public-facts.ts';
import { renderCard } from '../../domain/dataset-export/render-card.ts';
import { toShareGpt } from '../../domain/dataset-export/sharegpt.ts';
import { makeSynthesisRow, settleRows, summarizeRows } from '../support/make-synthesis-rows.ts';
import { runTickloop } from '../support/run-tickloop.ts';

function inferColumns(rows: readonly TableRow[]) {
  const finder = createColumnFinder();
  for (const row of rows) finder.add(row);
  return finder.result();
}

describe('columns', () => {
  it('have the type that all rows agree on, and none where all are null', () => {
    const columns = inferColumns([
      { a: 1, b: null, c: ['x'], d: { e: null, f: true }, score: 1 },
      { a: 2.5, c: [], d: null, g: [] },
    ]);
    expect([...columns]).toEqual([
      ['a', { kind: 'double' }],
      ['c', { kind: 'list', element: { kind: 'string' } }],
      ['d', { kind: 'struct', fields: new Map([['f', { kind: 'boolean' }]]) }],
      // A whole number, in a column that stands for fractions.
      ['score', { kind: 'double' }],
      ['g', { kind: 'list', element: { kind: 'string' } }],
    ]);
  });

  it('are refused where rows disagree', () => {
    expect(() => inferColumns([{ a: { b: 1 } }, { a: { b: 'one' } }])).toThrow(
      '"b" is a integer in some rows and a string in others, which one column can\'t hold: these rows were made by different versions.',
    );
  });

  it('are in every row, in one order', () => {
    const rows = [{ a: 1 }, { b: { c: 'x', d: 'y' } }, { b: { d: 'z' }, a: 2 }];
    expect(JSON.stringify(alignRows(rows, inferColumns(rows)))).toBe(
      '[{"a":1,"b":null},{"a":null,"b":{"c":"x","d":"y"}},{"a":2,"b":{"c":null,"d":"z"}}]',
    );
  });

  it('are read back from Parquet as they were, and give the same bytes again', async () => {
    const rows = [
      {
        id: 'a',
        turns: [
          { role: 'user', n: 1 },
          { role: null, n: 2 ** 53 - 1 },
        ],
        share: 0.1,
        ok: true,
        none: null,
      },
      { id: '', turns: [], share: null, ok: false, none: null },
      { id: null, turns: null, share: -1, ok: null, none: null },
    ];
    const columns = inferColumns(rows);
    const bytes = encodeParquet(alignRows(rows, columns), columns);
    const read = await parquetReadObjects({ file: bytes.slice().buffer });
    const plain = JSON.parse(
      JSON.stringify(read, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : (value ?? null))),
    ) as unknown;
    expect(plain).toEqual(rows.map(({ none: _none, ...row }) => row));
    expect(encodeParquet(alignRows(rows, columns), columns)).toEqual(bytes);
  });
});

describe('files', () => {
  it('are named with their number and how many there are', () => {
    expect(planFiles(5, 2)).toEqual([
      'train-00000-of-00003.parquet',
      'train-00001-of-00003.parquet',
      'train-00002-of-00003.parquet',
    ]);
  });
});

describe('what others may know', () => {
  it.each([
    ['/srv/models/smollm2', 'smollm2'],
    ['~/models/a b', 'a b'],
    ['./out/v1/', 'v1'],
    ['C:\\models\\x', 'x'],
    ['https://user:key@host/v1', 'v1'],
    ['https://user:key@host', 'unnamed'],
    ['https://host/v1/small?key=abc#/home/me', 'small'],
    ['/home/jürgen/模型/small', 'small'],
    ["/srv/it's (mine)/small, new", 'small, new'],
    ['~me/models/small', 'small'],
    ['../out:1/small', 'small'],
    ['D:/моё/small', 'small'],
    ['\\\\server\\share\\small', 'small'],
    ['HuggingFaceTB/SmolLM2-135M-Instruct', 'HuggingFaceTB/SmolLM2-135M-Instruct'],
    ['models/base', 'models/base'],
    ['dpo-v3-0a1b2c3d', 'dpo-v3-0a1b2c3d'],
  ])('of the model %s is %s', (name, shown) => {
    expect(publicModelName(name)).toBe(shown);
  });

  it.each([
    ['base:/home/jürgen/models/small', 'base:small'],
    ['base:small', 'base:small'],
    ['made-v1-0a1b@0123456789abcdef', 'made-v1-0a1b@0123456789abcdef'],
  ])('of the stamp %s is %s', (stamp, shown) => {
    expect(publicStamp(stamp)).toBe(shown);
  });

  it('of settings has no address, folder or key, at any depth', () => {
    const settings = {
      minReward: 0,
      quality: ['good', 'excellent'],
      embedder: { baseUrl: 'http://10.0.0.1:1', apiKeyEnv: 'KEY', model: '/models/gte', callsInFlight: 4 },
      list: '/srv/lists/bad-words.txt',
    };
    expect(publicSettings(settings)).toEqual({
      minReward: 0,
      quality: ['good', 'excellent'],
      embedder: { model: 'gte' },
      list: 'bad-words.txt',
    });
  });
});

describe('a card', () => {
  it('declares columns as datasets does', () => {
    const columns = inferColumns([
      { id: 'a', n: 1, share: 0.5, ok: true, words: ['x'], turns: [{ role: 'user' }], own: { deep: [['y']] } },
    ]);
    const configs = [{ name: 'default', files: 'train.jsonl', columns }];
    const front = renderFrontMatter({ title: 't', licence: null, languages: [], tags: [], configs, rows: 1 });
    expect(parse(front.replaceAll('---', ''))).toMatchObject({
      dataset_info: [
        {
          config_name: 'default',
          features: [
            { name: 'id', dtype: 'string' },
            { name: 'n', dtype: 'int64' },
            { name: 'share', dtype: 'float64' },
            { name: 'ok', dtype: 'bool' },
            { name: 'words', list: 'string' },
            { name: 'turns', list: [{ name: 'role', dtype: 'string' }] },
            { name: 'own', struct: [{ name: 'deep', list: { list: 'string' } }] },
          ],
        },
      ],
    });
  });

  it.each([
    [999, 'n<1K'],
    [1000, '1K<n<10K'],
    [999_999, '100K<n<1M'],
  ])('files %i rows under %s', (rows, size) => {
    const front = renderFrontMatter({ title: 't', licence: null, languages: [], tags: [], configs: [], rows });
    expect(parse(front.replaceAll('---', ''))).toMatchObject({ size_categories: [size] });
  });

  it('keeps what a text says a text', () => {
    expect(escapeMarkdown('a | b\n# <script> [x](y) `z` \u202eevil')).toBe(
      String.raw`a \| b \# &lt;script&gt; \[x\]\(y\) \`z\`  evil`,
    );
    expect(fenceMarkdown('a\n```\nb', 'json')).toBe('````json\na\n```\nb\n````');
    expect(markdownTable(['n'], [['|'], [3]])).toBe('| n |\n| --- |\n| \\| |\n| 3 |');
  });

  it('shows hostile names, reasons and filters without a second front matter, a broken table or HTML', () => {
    const base = makeSynthesisRow(0);
    const settled = settleRows(
      [
        makeSynthesisRow(0, {
          replyFinish: 'length',
          origin: { ...base.origin, queryModel: '| <img src=x> |\n---\nlicense: mit' },
        }),
        makeSynthesisRow(1, { dropped: { by: 'x | y', reason: '\n\n# heading' } }),
      ],
      { numRows: 2, shuffleSeed: null, shortfall: 'because\n---\n' },
    );
    const summary = summarizeRows(settled, {
      asked: 2,
      sampled: 2,
      shuffled: true,
      tokens: null,
      filters: { note: '```\n</details>' },
    });
    const card = renderCard({
      runName: 'made',
      licence: null,
      languages: [],
      parts: [
        {
          name: 'default',
          files: 'data/train-*.parquet',
          rows: 1,
          columns: inferColumns([{ uuid: 'a' }]),
          manifests: [],
        },
      ],
      summary,
    });
    expect(card.match(/^---$/gm)).toHaveLength(2);
    expect(card).not.toContain('<img');
    expect(card).not.toMatch(/^# heading/m);
    expect(card).toContain(String.raw`| x \| y |   \# heading | 1 | 50.0% |`);
    expect(card).toContain('There are fewer rows than were asked for: because --- .');
    expect(card).toContain('| rows whose last reply is cut off by its length | 1 |');
    expect(card).toContain('None was given.');
    for (const line of card.split('\n').filter((text) => text.startsWith('| '))) {
      expect(line.endsWith(' |'), line).toBe(true);
    }
  });
});

describe('a row under the names of the released sets', () => {
  it('counts characters as the selection does, not UTF-16 units', () => {
    const messages = [
      { role: 'user' as const, content: '🙂?' },
      { role: 'assistant' as const, content: '🙂🙂' },
    ];
    const record = toRecord(makeSynthesisRow(0, { messages }));
    expect([record['instruction_length'], record['response_length']]).toEqual([2, 2]);
  });

  it('says how its last reply ended, and nothing where none was drawn', () => {
    expect(toRecord(makeSynthesisRow(0, { replyFinish: 'length' }))).toMatchObject({ finish_reason: 'length' });
    expect(toRecord(makeSynthesisRow(0))['finish_reason']).toBeUndefined();
  });
});

describe('the ShareGPT form', () => {
  it('is refused for rows that tell no conversation', () => {
    expect(() => toShareGpt({ a: 1 })).toThrow(
      'Rows with the fields a hold no conversation: export them as jsonl or parquet.',
    );
  });
});

describe('tickloop export', () => {
  it('refuses a licence that is no id before it asks anybody', async () => {
    const { code, stderr } = await runTickloop([
      'export',
      'made',
      '--format',
      'hf',
      '--to',
      'out',
      '--licence',
      'a: b',
    ]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'error config/invalid: --licence "a: b": give the id of a licence, such as apache-2.0, mit or cc-by-4.0.\n',
    );
  });
});
