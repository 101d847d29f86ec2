// Locks the published numbers of WildBench (arXiv 2406.04770 and its repository at commit d6b8dcaf) through the command line.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const FIXTURES = 'tests/fixtures/wildbench';
const run = promisify(execFile);

interface ScoreNumbers {
  readonly n?: number;
  readonly total?: number;
  readonly score: number;
  readonly adjusted_score: number;
  readonly avg_len: number;
}

interface RewardNumbers {
  readonly reward: number;
  readonly task_categorized_rewards: Readonly<Record<string, number>>;
  readonly task_macro_reward: number;
}

interface Expected {
  readonly models: Readonly<
    Record<string, { readonly full_published: ScoreNumbers; readonly sample100_self_computed: ScoreNumbers }>
  >;
  readonly pairwise: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, RewardNumbers>>>>>>;
}

let expected: Expected;
let folder: string;

beforeAll(async () => {
  expected = JSON.parse(await readFile(`${FIXTURES}/expected.json`, 'utf8')) as Expected;
  folder = await mkdtemp(join(tmpdir(), 'wildbench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function wildbench<T>(...parts: readonly string[]): Promise<T> {
  const { stdout } = await run(process.execPath, ['cli/tickloop.mjs', 'wildbench', ...parts, '--json'], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as T;
}

/** Runs a command that has to fail. */
async function refusal(...parts: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  try {
    await run(process.execPath, ['cli/tickloop.mjs', 'wildbench', ...parts]);
  } catch (error) {
    return error as { code: number; stderr: string };
  }
  throw new Error('the command did not fail');
}

async function save(name: string, value: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

it('gives the published WB-Scores of every model to the last bit', { timeout: 60_000 }, async () => {
  for (const [model, { full_published: published }] of Object.entries(expected.models)) {
    const output = await wildbench<ScoreNumbers>('score', '--judgments', `${FIXTURES}/scores_full/${model}.jsonl`);
    const { score, adjusted_score, avg_len, total } = output;
    expect({ model, score, adjusted_score, avg_len, total }).toEqual({
      model,
      score: published.score,
      adjusted_score: published.adjusted_score,
      avg_len: published.avg_len,
      total: published.total,
    });
  }
});

it('reads upstream rows and counts answers in code points', { timeout: 60_000 }, async () => {
  for (const [model, { sample100_self_computed: sample }] of Object.entries(expected.models)) {
    const output = await wildbench<ScoreNumbers>('score', '--judgments', `${FIXTURES}/sample100/${model}.jsonl`);
    const { score, adjusted_score, avg_len, total } = output;
    expect({ model, n: total, score, adjusted_score, avg_len }).toEqual({ model, ...sample });
  }
});

it('gives every published WB-Reward to the last bit', { timeout: 60_000 }, async () => {
  const { rewards } = await wildbench<{
    rewards: Record<
      string,
      Record<string, Record<string, { reward: number; groups: object; task_macro_reward: number }>>
    >;
  }>('reward', '--counts', `${FIXTURES}/pairwise_counts.json`, '--resamples', '0');
  const found = Object.fromEntries(
    Object.entries(rewards).map(([baseline, penalties]) => [
      baseline,
      Object.fromEntries(
        Object.entries(penalties).map(([penalty, models]) => [
          penalty,
          Object.fromEntries(
            Object.entries(models).map(([model, { reward, groups, task_macro_reward }]) => [
              model,
              { reward, task_categorized_rewards: groups, task_macro_reward },
            ]),
          ),
        ]),
      ),
    ]),
  );
  expect(found).toEqual(expected.pairwise);
});

it('mixes rewards over the baselines, in both modes', { timeout: 60_000 }, async () => {
  type Mixed = { mix: Record<string, Record<string, { reward: number; baselines: string[] }>> };
  const { mix } = await wildbench<Mixed>('reward', '--counts', `${FIXTURES}/pairwise_counts.json`, '--resamples', '0');
  const rewardOf = (baseline: string) => expected.pairwise[baseline]?.['-1']?.['gemma-7b-it']?.reward ?? Number.NaN;
  expect(mix['-1']?.['gemma-7b-it']).toMatchObject({
    reward: (rewardOf('haiku') + rewardOf('llama') + rewardOf('gpt4t')) / 3,
    baselines: ['haiku', 'llama', 'gpt4t'],
  });
});

it('gives the correlations of the paper from its table', { timeout: 60_000 }, async () => {
  const table = `${FIXTURES}/paper-table-2.json`;
  const { correlations } = await wildbench<{
    correlations: Record<
      string,
      { n: number; pearson: number; spearman: number; kendall_tau_b: number; pearson_top: number; top_n: number }
    >;
  }>(
    'correlate',
    '--metrics',
    table,
    '--ratings',
    table,
    '--rating',
    'Arena Elo',
    '--mean',
    'mean=gpt4t,haiku,llama2',
    ...['Arena-Hard', 'AE2 LC', 'AE2 WR'].flatMap((column) => ['--require', column]),
  );
  const rounded = Object.entries(correlations).map(([metric, row]) => [
    metric,
    ...[row.pearson_top, row.pearson, row.spearman, row.kendall_tau_b].map((value) => value.toFixed(3)),
  ]);
  expect(Object.values(correlations).every(({ n, top_n }) => n === 14 && top_n === 6)).toBe(true);
  // Printed: Pearson of the top six, then Pearson, Spearman and Kendall's tau-b of all fourteen.
  expect(rounded).toEqual(
    expect.arrayContaining([
      ['Arena-Hard', '0.909', '0.925', '0.965', '0.890'],
      ['AE2 LC', '0.892', '0.951', '0.924', '0.818'],
      ['AE2 WR', '0.865', '0.952', '0.960', '0.868'],
      ['WB-Score', '0.955', '0.940', '0.943', '0.846'],
      ['mean', '0.984', '0.973', '0.978', '0.912'],
    ]),
  );
  const withoutKendall = rounded.map((row) => row.slice(0, 4));
  expect(withoutKendall).toEqual(
    expect.arrayContaining([
      ['llama2', '0.976', '0.965', '0.965'],
      ['gpt4t', '0.974', '0.961', '0.965'],
      ['haiku', '0.985', '0.974', '0.982'],
    ]),
  );
});

it('says in strict mode what upstream counted otherwise', { timeout: 60_000 }, async () => {
  const rows = [
    { session_id: 'a', score: '9', n_chars: 10, truncated: false, empty: false },
    { session_id: 'b', score: '4', n_chars: 0, truncated: false, empty: true },
    { session_id: 'c', score: '8', n_chars: 99, truncated: true, empty: false },
    { session_id: 'd', score: 'eleven', n_chars: 20, truncated: false, empty: false },
  ];
  const tags = [
    { session_id: 'a', primary_tag: 'Math', secondary_tags: ['Data Analysis', 'Planning'] },
    { session_id: 'b', primary_tag: 'Editing', secondary_tags: [] },
    { session_id: 'c', primary_tag: 'Math', secondary_tags: [] },
    { session_id: 'd', primary_tag: 'Math', secondary_tags: [] },
    { session_id: 'e', primary_tag: 'Math', secondary_tags: [] },
  ];
  const files = ['--judgments', await save('rows.jsonl', lines(rows)), '--tags', await save('tags.jsonl', lines(tags))];
  // (9 + 4 + 8) / 3 = 7; only a is kept: (9 - 5) * 2 = 8 in two groups, (8 * 1 + 8 * 1.25) / 4.75.
  expect(await wildbench('score', ...files)).toMatchObject({
    score: 7,
    total: 3,
    kept: 1,
    unreadable: 1,
    missing: 1,
    groups: { 'Math & Data Analysis': 8, 'Planning & Reasoning': 8 },
    task_macro_score: 18 / 4.75,
    difference: { score: 2 },
  });
  // The empty one is 1 and the cut one is out: (9 + 1) / 2 = 5; groups 8, 8 and (1 - 5) * 2 = -8:
  // (-8 * 0.5 + 8 * 1.25 + 8 * 1) / 2.75.
  expect(await wildbench('score', ...files, '--mode', 'strict')).toMatchObject({
    score: 5,
    total: 2,
    groups: { 'Math & Data Analysis': 8, 'Planning & Reasoning': 8, 'Creative Tasks': -8 },
    task_macro_score: 14 / 2.75,
    // Two tasks: 8 where the first is drawn twice, -8 where the second is.
    task_macro_interval: { low: -8, high: 8, n: 2 },
    difference: { score: 2 },
  });
});

it('gives rewards from raw pairs, the length penalty and the recorded seats', { timeout: 60_000 }, async () => {
  const pair = (
    session_id: string,
    choice: string,
    model_is_A: boolean,
    n_chars_model: number,
    extra: object = {},
  ) => ({
    session_id,
    choice,
    model_is_A,
    n_chars_model,
    n_chars_baseline: 1000,
    truncated: false,
    empty: false,
    ...extra,
  });
  const rows = [
    pair('a', 'A+', true, 1501), // a win, longer by 501: a tie at K = 500
    pair('b', 'B+', false, 1500), // a win, longer by 500: stays
    pair('c', 'A++', true, 9000), // much better is never touched
    pair('d', 'A+', false, 400), // the baseline wins, longer by 600: a tie at K = 500
    pair('e', 'B++', true, 10),
    pair('f', 'A++', true, 10, { empty: true }),
    pair('g', 'A', true, 10),
  ];
  const pairs = await save('pairs.jsonl', lines(rows));
  const read = async (...flags: string[]) =>
    (
      await wildbench<{ unreadable: number; dropped: number; rewards: Record<string, Record<string, object>> }>(
        'reward',
        '--pairs',
        pairs,
        '--model',
        'm',
        '--baseline',
        'b',
        ...flags,
      )
    ).rewards['b'];
  // One of six readable rows is dropped. No penalty: (0.5 + 0.5 + 1 - 0.5 - 1) / 6.
  expect(await read()).toMatchObject({ '-1': { m: { reward: 0.5 / 6, total: 6, counted: 5 } } });
  // K = 500: (0 + 0.5 + 1 + 0 - 1) / 6, strictly over the 5 counted.
  expect(await read('--length-penalty', '500')).toMatchObject({ '500': { m: { reward: 0.5 / 6 } } });
  expect(await read('--length-penalty', '500', '--mode', 'strict')).toMatchObject({ '500': { m: { reward: 0.1 } } });
});

it('reports how often the two orders of a pair agree', { timeout: 60_000 }, async () => {
  const base = { n_chars_model: 1, n_chars_baseline: 1, truncated: false, empty: false };
  const rows = [
    { session_id: 'a', choice: 'A+', model_is_A: true, ...base },
    { session_id: 'a', choice: 'B++', model_is_A: false, ...base },
    { session_id: 'b', choice: 'A+', model_is_A: true, ...base },
    { session_id: 'b', choice: 'A+', model_is_A: false, ...base },
  ];
  const output = await wildbench('reward', '--pairs', await save('orders.jsonl', lines(rows)));
  // a: win and win_much, the same winner; b: always A, so it wins and loses.
  expect(output).toMatchObject({ position_consistency: { both_orders: 2, same_winner: 1, same_outcome: 0 } });
});

it('names file, line and field of a bad row', { timeout: 60_000 }, async () => {
  const path = await save('bad.jsonl', '{"session_id":"a","score":"1","n_chars":1}\n\n{"session_id":"b","n_chars":-1}');
  const { code, stderr } = await refusal('score', '--judgments', path);
  expect(code).toBe(1);
  expect(stderr).toContain(`${path}:3, field n_chars`);
  expect((await refusal('score', '--judgments', join(folder, 'none.jsonl'))).code).toBe(2);
});

it(
  'ranks by average, gives no number to what was not judged, and lets no name become markup',
  { timeout: 60_000 },
  async () => {
    const hostile = '<script>|`x`[a](b)';
    const rows = lines([{ session_id: 'a', score: 10, n_chars: 3 }]);
    const first = await save(
      'first.json',
      await wildbench('score', '--judgments', await save('first.jsonl', rows), '--model', hostile),
    );
    const second = await save(
      'second.json',
      await wildbench('score', '--judgments', `${FIXTURES}/scores_full/gemma-7b-it.jsonl`),
    );
    const rewards = await save(
      'r.json',
      await wildbench('reward', '--counts', `${FIXTURES}/pairwise_counts.json`, '--resamples', '50'),
    );
    const flags = ['leaderboard', '--score', first, '--score', second, '--reward', rewards];
    const { rows: strict } = await wildbench<{ rows: { model: string; average: number | null }[] }>(
      ...flags,
      '--mode',
      'strict',
    );
    expect(strict.find(({ model }) => model === hostile)?.average).toBeNull();
    // (10 - 5) * 2 * 10 = 100, and half of it with a reward of 0.
    const { rows: upstream } = await wildbench<{ rows: { model: string; average: number | null }[] }>(...flags);
    expect(upstream[0]).toMatchObject({ rank: 1, model: hostile, average: 50 });
    const markdown = join(folder, 'board.md');
    const page = join(folder, 'board.html');
    await wildbench(...flags, '--out', markdown);
    await wildbench(...flags, '--format', 'html', '--out', page);
    const table = await readFile(markdown, 'utf8');
    expect(table).not.toContain('<script>');
    expect(
      table
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .every((line) => line.match(/(?<!\\)\|/g)?.length === 10),
    ).toBe(true);
    expect(await readFile(page, 'utf8')).not.toContain('<script>');
  },
);

it('rates models by Elo: one vote, then the published rules for an anchor', { timeout: 60_000 }, async () => {
  const vote = { session_id: 's', model_1: 'a', model_2: 'b@together', winner: 'a', length_1: 5000, length_2: 10 };
  const battles = await save('battles.jsonl', lines([vote]));
  const anchors = await save('anchors.json', { b: 1100 });
  type Rated = { ratings: Record<string, { mean: number }> };
  const rate = async (...flags: string[]) =>
    Object.fromEntries(
      Object.entries((await wildbench<Rated>('elo', '--battles', battles, '--rounds', '3', ...flags)).ratings).map(
        ([model, { mean }]) => [model, mean],
      ),
    );
  // Equal ratings expect 0.5: 1000 +- 4 * 0.5.
  expect(await rate('--length-margin', '0')).toEqual({ a: 1002, b: 998 });
  // Lengths 4990 apart: a tie between equals moves nobody.
  expect(await rate()).toEqual({ a: 1000, b: 1000 });
  // The anchor of 1100 expects 1 / (1 + 10^(-100/400)) = 0.6401; upstream it is pulled back at its first vote.
  const surprise = 1 - 1 / (1 + 10 ** (100 / 400));
  const pulled = await rate('--length-margin', '0', '--anchors', anchors);
  expect(pulled['a']).toBeCloseTo(1000 + 4 * surprise, 9);
  expect(pulled['b']).toBeCloseTo(1100 - 2 * surprise, 9);
  const fixed = await rate('--length-margin', '0', '--anchors', anchors, '--static');
  expect(fixed['b']).toBe(1100);
  const strict = await rate('--length-margin', '0', '--anchors', anchors, '--mode', 'strict');
  expect(strict['b']).toBeCloseTo(1100 - 4 * surprise, 9);
});

it(
  'takes a batch of judge requests out and its results in, and counts what did not come back',
  { timeout: 60_000 },
  async () => {
    const task = (session_id: string) => ({
      session_id,
      conversation_input: [{ role: 'user', content: 'Name a bird.' }],
      checklist: ['Is it a bird?'],
      primary_tag: 'Others',
      secondary_tags: [],
    });
    const ids = ['a', 'b', 'c', 'd'];
    const tasks = await save('tasks.jsonl', lines(ids.map(task)));
    const own = await save('own.jsonl', lines(ids.map((session_id) => ({ session_id, output: ['owl 🦉'] }))));
    const other = await save('other.jsonl', lines(ids.map((session_id) => ({ session_id, output: 'wren' }))));
    const sides = ['--answers', own, '--model', 'm', '--baseline-answers', other, '--baseline', 'b'];
    const requests = join(folder, 'requests.jsonl');
    await wildbench('batch-requests', '--tasks', tasks, ...sides, '--judge', 'j', '--out', requests);
    const sent = (await readFile(requests, 'utf8')).trim().split('\n');
    const sentIds = sent.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
    const reply = (custom_id: string, content: string) => ({
      custom_id,
      response: { status_code: 200, body: { choices: [{ message: { content }, finish_reason: 'stop' }] } },
    });
    const results = await save(
      'results.jsonl',
      lines([
        // The model wins wherever it sits.
        reply(sentIds[0] ?? '', JSON.stringify({ choice: sentIds[0]?.includes('A:m') === true ? 'A++' : 'B++' })),
        reply(sentIds[1] ?? '', 'I would rather not.'),
        { custom_id: sentIds[2], response: null, error: { message: 'expired' } },
      ]),
    );
    const judgments = join(folder, 'judgments.jsonl');
    expect(await wildbench('batch-results', '--results', results, ...sides, '--out', judgments)).toMatchObject({
      judgments: 2,
      unreadable: 1,
      failed: 1,
      missing: 1,
    });
    const output = await wildbench('reward', '--pairs', judgments, '--model', 'm', '--baseline', 'b');
    expect(output).toMatchObject({ unreadable: 1, rewards: { b: { '-1': { m: { reward: 1, total: 1 } } } } });
  },
);
