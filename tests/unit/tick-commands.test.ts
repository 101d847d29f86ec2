// Locks what `tickloop tick` prints for published data: InFoBench's scores and LLMBar's own statistics, to the last digit.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTickloop } from '../support/run-tickloop.ts';

const fixture = (path: string) => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const readExpected = async (path: string) =>
  JSON.parse(await readFile(fixture(path), 'utf8')) as Record<string, object>;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-tick-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeRows(name: string, rows: readonly (object | string)[]): Promise<string> {
  const path = join(folder, name);
  const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)));
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

async function runJson(...commandArguments: readonly string[]) {
  const { code, stdout } = await runTickloop([...commandArguments, '--json']);
  return { code, object: JSON.parse(stdout) as Record<string, unknown> };
}

describe('tick aggregate', { timeout: 60_000 }, () => {
  it('prints the expected scores of InFoBench and no other key', async () => {
    const { code, object } = await runJson('tick', 'aggregate', '--verdicts', fixture('infobench/gpt4_verdicts.jsonl'));
    const { sample64 } = await readExpected('infobench/expected.json');
    expect(object).toEqual({ ...sample64, unparsed: 0 });
    expect(code).toBe(0);
  });

  it('counts null as unparsed and leaves it out of every rate', async () => {
    const path = await writeRows('null.jsonl', [
      { id: 'a', eval: [true, null] },
      { id: 'b', eval: [true, true, false] },
      { id: 'c', eval: [null] },
      { id: 'd', eval: [true] },
    ]);
    const { object } = await runJson('tick', 'aggregate', '--verdicts', path);
    expect(object).toEqual({
      tasks: 4,
      questions: 7,
      yes: 4,
      drfr_micro: 4 / 5,
      mean_of_task_pass_rates: (1 + 2 / 3 + 1) / 3,
      all_pass_tasks: 1,
      unparsed: 2,
    });
  });

  it.each([
    ['an empty eval', [{ id: 'a', eval: [] }], /:1, field eval: must hold at least one verdict/],
    ['a repeated id', [{ id: 'a', eval: [true] }, '', { id: 'a', eval: [true] }], /:3 repeats id "a" of .*:1/],
    [
      'a verdict that is no boolean',
      [{ id: 'a', eval: [true, 'yes'] }],
      /:1, field eval\.1: must be true, false or null/,
    ],
    ['a row without eval', [{ id: 'a' }], /:1, field eval: must be a list/],
    ['a line that is not JSON', [{ id: 'a', eval: [true] }, '{"id"'], /:2 is not JSON/],
    ['a file without rows', [], /holds no row/],
  ])('refuses %s, naming file and line', async (name, rows, message) => {
    const path = await writeRows(`${name.replaceAll(' ', '-')}.jsonl`, rows);
    const { code, object } = await runJson('tick', 'aggregate', '--verdicts', path);
    expect(code).toBe(1);
    expect(object).toEqual({ error: { code: 'data/invalid-row', message: expect.stringMatching(message) as string } });
  });
});

describe('tick eval', { timeout: 60_000 }, () => {
  it('reproduces every number of LLMBar’s own statistics', async () => {
    const { code, object } = await runJson(
      'tick',
      'eval',
      '--llmbar',
      fixture('llmbar/natural_labels.json'),
      '--judgments',
      fixture('llmbar/natural_llama2_cot.jsonl'),
    );
    const expected = (await readExpected('llmbar/expected.json'))['Natural__LLaMA2-CoT'] as {
      readonly published_statistics: Readonly<Record<string, string | number>>;
    };
    const printed = object['llmbar'] as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries(expected.published_statistics)) {
      if (typeof value === 'string') expect(printed[name], name).toBe(value);
      else expect(printed[name], name).toBeCloseTo(value, 14);
    }
    expect(printed).toMatchObject({ instances: 100, unparsed: 0, accuracy: { mean: 0.755, n: 100 } });
    expect(code).toBe(0);
  });

  it('reads upstream’s own shape of judgments too', async () => {
    const turn = (winner: string | null) => ({ winner, completion: ['...', ''] });
    const labels = await writeRows('labels.json', ['[{"label": 1}, {"label": 2}]']);
    const upstream = await writeRows('result.json', [
      JSON.stringify(
        [
          { label: 1, results: [['a metric', ''], { 'swap = False': turn('1'), 'swap = True': turn('2') }] },
          { label: 2, results: [{ 'swap = False': turn('2'), 'swap = True': turn(null) }] },
        ],
        null,
        2,
      ),
    ]);
    const { object } = await runJson('tick', 'eval', '--llmbar', labels, '--judgments', upstream);
    expect(object['llmbar']).toMatchObject({
      correct_False: '2 / 2 = 100.0%',
      correct_True: '0 / 2 = 0.0%',
      unparsed: 1,
    });
  });

  it('evaluates a judge from all its files at once', async () => {
    const verdicts = await writeRows('verdicts.jsonl', [
      { id: 'a', eval: [true, true], promptTokens: 100, completionTokens: 7, weights: [100, 0] },
      { id: 'b', eval: [true, false], probabilities: [0.9, 0.2] },
      { id: 'c', eval: [false, null] },
      { id: 'only-judged', eval: [true] },
    ]);
    const human = await writeRows('human.jsonl', [
      { id: 'a', eval: [true, true] },
      { id: 'a', eval: [true, false] },
      { id: 'a', eval: [true, true] },
      { id: 'b', eval: [[true, true, false], [true]] },
      { id: 'c', eval: [false, false] },
    ]);
    const preferences = await writeRows('preferences.jsonl', [
      { id: 'a', judge: 1, human: [1, 1, 0] },
      { id: 'b', judge: 0, human: -1 },
      { id: 'c', judge: null, human: 1 },
    ]);
    const probabilities = await writeRows('probabilities.jsonl', [
      { id: 'a', item: 0, probability: 0.75, human: true },
      { id: 'a', item: 1, probability: 0.25, human: false },
      { id: 'b', probability: null, human: false },
    ]);
    const repeats = await writeRows('repeats.jsonl', [
      { id: 'a', item: 0, answers: ['yes', 'no', 'yes'] },
      { id: 'a', item: 1, answers: ['no', 'no', 'unparsed'] },
    ]);
    const checklists = await writeRows('checklists.jsonl', [{ id: 'a', questions: ['Is it short?', 'Is it red?'] }]);
    const reference = await writeRows('reference.jsonl', [{ id: 'a', decomposed_questions: ['Is it short?'] }]);
    const picture = join(folder, 'reliability.html');
    const { code, object } = await runJson(
      'tick',
      'eval',
      '--verdicts',
      verdicts,
      '--human',
      human,
      '--reference-verdicts',
      verdicts,
      '--preferences',
      preferences,
      '--probabilities',
      probabilities,
      '--bins',
      '4',
      '--html',
      picture,
      '--repeats',
      repeats,
      '--checklists',
      checklists,
      '--reference',
      reference,
    );
    expect(code).toBe(0);
    expect(object).toMatchObject({
      scores: {
        tasks: 4,
        questions: 7,
        unparsed: 1,
        drfr_micro: { count: 4, of: 6 },
        // 1, 1/2, 0, 1
        mean_of_task_pass_rates: { mean: 0.625, n: 4 },
        mean_weighted_pass_rate: { mean: 1, tasks: 1 },
        mean_soft_pass_rate: { mean: 0.55, tasks: 1 },
        tokens: { prompt: { sum: 100, rows: 1 }, completion: { sum: 7, rows: 1 } },
      },
      human: {
        tasks: 3,
        unmatched_tasks: { judge: 1, human: 0 },
        // a: yes yes, both right; b: yes right, no wrong; c: no right, null out
        accuracy: { rate: 4 / 5, count: 4, of: 5 },
        true_positive_rate: { count: 3, of: 4 },
        true_negative_rate: { count: 1, of: 1 },
        false_pass_rate: { rate: 0, count: 0, of: 1 },
        unparsed: 1,
        human_undecided: 0,
        mean_of_task_accuracies: { n: 3 },
        kappa_questions: 5,
        // chance: (3 * 4 + 2 * 1) / 25; 1 - (1 * 5) / (25 - 14)
        kappa: 1 - 5 / 11,
        krippendorff_alpha: { humans: { units: 3 }, judge_and_majority: { units: 5, values: 10 } },
        // judge 1, 1/2, 0 against humans 1, 1, 0
        task_pass_rates: { tasks: 3 },
      },
      functional_similarity: { tasks: 4, pearson: 1 },
      preferences: { pairs: 3, unparsed: 1, pld_0: { count: 1, of: 2 }, pld_1: { count: 1 }, wpld: 0.5 },
      calibration: { ece: 0.25, brier: 0.0625, count: 2, unparsed: 1 },
      repeats: { items: 2, flipped_items: { count: 1, of: 2 }, differing_pairs: { count: 2, of: 4 }, unparsed: 1 },
      // LCS 3 of 6 and 3 words: 2 * 0.5 / 1.5
      checklists: { tasks: 1, count_mae: 1, rouge_l_f1: { mean: 2 / 3 } },
      bootstrap: { resamples: 2000, confidence: 0.95, seed: 1 },
    });
    expect(await readFile(picture, 'utf8')).toContain('Reliability of probabilities.jsonl');
  });

  it('refuses human rows for another number of questions, naming both places', async () => {
    const verdicts = await writeRows('two.jsonl', [{ id: 'a', eval: [true, true] }]);
    const human = await writeRows('three.jsonl', [{ id: 'a', eval: [true, true, true] }]);
    const { code, object } = await runJson('tick', 'eval', '--verdicts', verdicts, '--human', human);
    expect(code).toBe(1);
    expect(object['error']).toMatchObject({
      message: expect.stringMatching(
        /two\.jsonl:1, field eval: "a" has 2 answers here and 3 in .*three\.jsonl:1/,
      ) as string,
    });
  });

  it.each([
    ['no file', [], /nothing to evaluate/],
    ['humans without verdicts', ['--human', 'x'], /--human needs --verdicts/],
    ['a picture without probabilities', ['--html', 'x'], /--html needs --probabilities/],
  ])('refuses %s as a mistake of the command', async (_, flags, message) => {
    const { code, object } = await runJson('tick', 'eval', ...flags);
    expect(code).toBe(2);
    expect(object['error']).toMatchObject({
      code: 'config/invalid',
      message: expect.stringMatching(message) as string,
    });
  });
});
