import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ifevalRow } from '../../configs/schema/ifeval-row.ts';
import { verify as scoreFile } from '../../cli/verify.ts';
import { promptRow } from '../../configs/schema/prompt-row.ts';
import { judgeIfeval, scoreIfeval } from '../../domain/ifeval/ifeval-score.ts';
import { ifevalRowToPrompt } from '../../domain/ifeval/to-prompt.ts';
import { verify } from '../../domain/verifiers/verify.ts';

const DATA = 'configs/data/ifeval/input_data.jsonl';

const readLines = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown);

interface Theirs {
  readonly key: number;
  readonly strict: readonly boolean[];
  readonly loose: readonly boolean[];
  readonly steady: readonly boolean[];
}

/** lm-eval counts a random letter in place of `#` (key 1122) and `!` (key 1129). */
const RANDOM_LETTER_KEYS = new Set([1122, 1129]);

describe('the public rows', () => {
  const rows = readLines(DATA).map((line) => ifevalRow.parse(line));

  it('are 541 with 834 instructions of 25 kinds, and all parse', () => {
    expect(rows).toHaveLength(541);
    const ids = rows.flatMap(({ instructions }) => instructions.map(({ id }) => id));
    expect(ids).toHaveLength(834);
    expect(new Set(ids).size).toBe(25);
  });

  it('become prompt rows that a prompt set accepts', () => {
    const prompts = rows.map(ifevalRowToPrompt);
    for (const prompt of prompts) expect(promptRow.parse(prompt)).toEqual(prompt);
    expect(prompts[0]?.promptId).toBe('ifeval-1000');
    expect(prompts[0]?.checklist.map(({ question }) => question)).toEqual([
      'Is the response free of commas?',
      'Does the response highlight at least 3 sections with *asterisks*?',
      'Does the response have at least 300 words?',
    ]);
  });

  it('hold keywords without signs that mean something in a regular expression', () => {
    for (const { instructions } of rows)
      for (const { id, kwargs } of instructions) {
        const words =
          id === 'keywords:existence'
            ? kwargs.keywords
            : id === 'keywords:forbidden_words'
              ? kwargs.forbidden_words
              : id === 'keywords:frequency'
                ? [kwargs.keyword]
                : id === 'detectable_format:multiple_sections'
                  ? [kwargs.section_spliter]
                  : [];
        for (const word of words) expect(word).toMatch(/^[\w -]+$/);
      }
  });

  // 834 instructions, less the unsteady ones and those with a random letter, times two modes.
  it.each([
    ['synthetic', (834 - 1 - 2) * 2],
    ['smollm2', (834 - 1 - 2) * 2],
  ])('get the verdicts of lm-eval 0.4.13 on 541 %s responses', (set, expected) => {
    const byPrompt = new Map(rows.map((row) => [row.prompt, row]));
    const responses = readLines(`tests/fixtures/ifeval/${set}-responses.jsonl`) as {
      prompt: string;
      response: string;
    }[];
    const theirs = readLines(`tests/fixtures/ifeval/${set}-lm-eval-verdicts.jsonl`) as Theirs[];
    const differences: string[] = [];
    let compared = 0;
    for (const [index, { prompt, response }] of responses.entries()) {
      const row = byPrompt.get(prompt);
      const their = theirs[index];
      if (row === undefined || their === undefined) throw new Error(`line ${index + 1} has no counterpart`);
      const ours = judgeIfeval(row, response);
      for (const [position, id] of ours.ids.entries()) {
        // Where langdetect disagrees with itself over five seeds there is no verdict to agree with.
        if (their.steady[position] !== true) continue;
        if (id === 'keywords:letter_frequency' && RANDOM_LETTER_KEYS.has(row.key)) continue;
        for (const mode of ['strict', 'loose'] as const) {
          compared += 1;
          if (ours[mode][position] !== their[mode][position]) differences.push(`${row.key} ${id} ${mode}`);
        }
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBe(expected);
  });
});

describe('a row', () => {
  const row = (id: string, kwargs: object) => ({ key: 1, prompt: 'p', instruction_id_list: [id], kwargs: [kwargs] });

  it('may hold null for arguments of other kinds', () => {
    expect(ifevalRow.parse(row('startend:end_checker', { end_phrase: 'x', num_words: null })).instructions).toEqual([
      { id: 'startend:end_checker', kwargs: { end_phrase: 'x' } },
    ]);
  });

  it.each([
    ['a missing argument', row('startend:end_checker', {}), 'kwargs.0.end_phrase'],
    ['an argument of another kind', row('punctuation:no_comma', { num_words: 3 }), 'kwargs.0'],
    [
      'a bound of 0',
      row('length_constraints:number_words', { num_words: 0, relation: 'at least' }),
      'kwargs.0.num_words',
    ],
    ['an unknown kind', row('keywords:nonsense', {}), 'instruction_id_list.0'],
    [
      'a paragraph beyond the last',
      row('length_constraints:nth_paragraph_first_word', { num_paragraphs: 1, nth_paragraph: 2, first_word: 'x' }),
      'kwargs.0.nth_paragraph',
    ],
    ['too few kwargs', { ...row('punctuation:no_comma', {}), kwargs: [] }, 'kwargs'],
  ])('with %s is refused with the field', (_, given, field) => {
    const paths = ifevalRow.safeParse(given).error?.issues.map(({ path }) => path.join('.'));
    expect(paths).toEqual([field]);
  });
});

describe('a checklist', () => {
  it('may ask for one of the kinds, strictly or loosely', () => {
    const args = { id: 'startend:quotation', kwargs: {} } as const;
    expect(verify({ kind: 'ifeval', args }, 'Sure!\n"x"')).toEqual({
      pass: false,
      reason: 'startend:quotation is not followed',
    });
    expect(verify({ kind: 'ifeval', args: { ...args, loose: true } }, 'Sure!\n"x"')).toEqual({
      pass: true,
      reason: 'startend:quotation is followed, read loosely',
    });
  });

  it('with wrong arguments is refused with the field', () => {
    const verifier = { kind: 'ifeval', args: { id: 'startend:end_checker', kwargs: { phrase: 'x' } } };
    const given = {
      promptId: 'a',
      messages: [{ role: 'user', content: 'x' }],
      checklist: [{ question: 'q', verifier }],
    };
    const paths = promptRow.safeParse(given).error?.issues.map(({ path }) => path.join('.'));
    expect(paths).toEqual(['checklist.0.verifier.args.kwargs.end_phrase', 'checklist.0.verifier.args.kwargs']);
  });
});

describe('the score', () => {
  it('counts prompts and instructions, strictly and loosely, and each kind', () => {
    const ids = ['punctuation:no_comma', 'startend:quotation'] as const;
    expect(
      scoreIfeval([
        { key: 1, ids, strict: [true, true], loose: [true, true] },
        { key: 2, ids, strict: [true, false], loose: [true, true] },
        { key: 3, ids: ['startend:quotation'], strict: [false], loose: [false] },
      ]),
    ).toEqual({
      promptStrict: { passed: 1, total: 3, rate: 1 / 3 },
      instructionStrict: { passed: 3, total: 5, rate: 3 / 5 },
      promptLoose: { passed: 2, total: 3, rate: 2 / 3 },
      instructionLoose: { passed: 4, total: 5, rate: 4 / 5 },
      kinds: {
        'punctuation:no_comma': { strict: { passed: 2, total: 2, rate: 1 }, loose: { passed: 2, total: 2, rate: 1 } },
        'startend:quotation': {
          strict: { passed: 1, total: 3, rate: 1 / 3 },
          loose: { passed: 2, total: 3, rate: 2 / 3 },
        },
      },
    });
  });
});

describe('tickloop verify', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickloop-verify-'));
  const path = join(folder, 'responses.jsonl');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Scores the lines; returns the object printed, or the error's message. */
  async function score(lines: readonly object[], partial = false): Promise<unknown> {
    writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
    let printed: unknown;
    const output = { json: true, line: () => {}, error: () => {}, object: (value: object) => void (printed = value) };
    try {
      await scoreFile({ prompts: DATA, responses: path, partial }, output);
    } catch (error) {
      return (error as Error).message.replaceAll(path, 'FILE');
    }
    return printed;
  }

  const prompt = (readLines(DATA) as { prompt: string }[])[0]?.prompt ?? '';

  it('prints the four figures with their counts', () => {
    const flags = [
      'verify',
      '--prompts',
      DATA,
      '--responses',
      'tests/fixtures/ifeval/synthetic-responses.jsonl',
      '--json',
    ];
    const figures = JSON.parse(
      execFileSync(process.execPath, ['cli/tickloop.mjs', ...flags], { encoding: 'utf8', stdio: 'pipe' }),
    ) as Record<string, { total: number }>;
    expect(figures['prompt_strict']?.total).toBe(541);
    expect(figures['instruction_loose']?.total).toBe(834);
    expect(figures['rows']).toEqual({ total: 541, scored: 541, missing: 0, missing_keys: [] });
  }, 30_000);

  it('refuses a file without a response to every prompt and names the prompts', async () => {
    expect(await score([{ prompt, response: 'x' }])).toBe(
      'FILE: 540 of 541 prompts have no response: keys 1001, 1005, 1012, 1019, 102 and 535 more; add them, or give --partial to score the others',
    );
  });

  it('scores the rows that have a response when asked to, and counts the others', async () => {
    // Key 1000 asks for no commas, 3 highlights and 300 words; "x" has no comma.
    expect(await score([{ prompt, response: 'x' }], true)).toMatchObject({
      prompt_strict: { passed: 0, total: 1, rate: 0 },
      instruction_strict: { passed: 1, total: 3, rate: 1 / 3 },
      rows: { total: 541, scored: 1, missing: 540 },
    });
  });

  it.each([
    ['an unknown prompt', [{ prompt: 'nobody asked', response: 'x' }], 'FILE:1: prompt: no row of'],
    [
      'a second response',
      [
        { prompt, response: 'x' },
        { prompt, response: 'y' },
      ],
      'FILE:2: the prompt is that of line 1',
    ],
    ['a missing field', [{ prompt }], 'FILE:1: response: '],
  ])('names the line of %s', async (_, lines, message) => {
    expect(await score(lines)).toContain(message);
  });
});
