import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { boltExample, boltExampleLibrary } from '../../configs/schema/bolt-example.ts';
import { THOUGHT_ACTIONS } from '../../domain/bolt/bolt-example.ts';
import { checkResponse, type FormatRules } from '../../domain/bolt/check-thoughts.ts';
import { exampleText } from '../../domain/bolt/show-examples.ts';
import { joinThoughts, THINK_DELIMITERS } from '../../domain/bolt/thought-format.ts';
import { DEFAULT_TOPICS } from '../../domain/bolt/topics.ts';
import { wordsOf } from '../../domain/bolt/word-grams.ts';

const FOLDER = new URL('../../configs/data/bolt-examples/', import.meta.url);
const FILES = (await readdir(FOLDER)).toSorted();
const library = boltExampleLibrary.parse(
  await Promise.all(FILES.map(async (file) => parse(await readFile(new URL(file, FOLDER), 'utf8')) as unknown)),
);

const rules: FormatRules = {
  delimiters: THINK_DELIMITERS,
  thoughtTokens: { min: 150, max: 500 },
  solutionTokens: { min: 20, max: 400 },
  maxRepetition: 0.3,
  maxEcho: 0.3,
  maxOverlap: 0.9,
  sameLanguage: true,
};

describe('the library of examples', () => {
  it('has ten, each on a topic of its own that queries are filed under', () => {
    expect(library.length).toBe(10);
    expect(new Set(library.map(({ topic }) => topic)).size).toBe(10);
    for (const { topic } of library) expect(Object.keys(DEFAULT_TOPICS)).toContain(topic);
  });

  it.each(library.map((example, index) => [FILES[index] ?? '', example] as const))(
    '%s is named for its id',
    (file, example) => {
      expect(file).toBe(`${example.exampleId}.yaml`);
    },
  );

  it.each(library)('$exampleId shows every action, each in a place of its own', ({ thoughts, actions }) => {
    expect(new Set(actions.map(({ kind }) => kind))).toEqual(new Set(THOUGHT_ACTIONS));
    const flat = thoughts.replaceAll(/\s+/g, ' ');
    const places = actions.map(({ quote }) => flat.indexOf(quote.replaceAll(/\s+/g, ' ').trim()));
    expect(new Set(places).size).toBe(actions.length);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  });

  // Words for tokens here: 150 to 500 words of thoughts.
  it.each(library)('$exampleId passes the checks that responses have to pass', (example) => {
    const checked = checkResponse(
      {
        text: joinThoughts(example, THINK_DELIMITERS),
        finishReason: 'stop',
        query: example.query,
        shown: library.filter((other) => other !== example).map(exampleText),
        headings: [],
        tokens: { thoughts: wordsOf(example.thoughts).length, solution: wordsOf(example.solution).length },
      },
      rules,
    );
    expect([checked.code, checked.detail]).toEqual(['ok', null]);
  });
});

const [example] = library;

it.each([
  [
    'a quote that the thoughts lack',
    { actions: [{ kind: 'analysis', quote: 'nobody ever wrote this' }] },
    'actions.0.quote',
  ],
  ['an action without a place', { actions: example?.actions.filter(({ kind }) => kind !== 'reflection') }, 'actions'],
  ['a mark of a chat template', { solution: 'Done.<|im_end|>' }, 'solution'],
  ['a delimiter in the thoughts', { thoughts: `${example?.thoughts ?? ''} </think>` }, 'thoughts'],
  ['a field nobody knows', { level: 3 }, ''],
])('refuses %s', (_what, change, path) => {
  const parsed = boltExample.safeParse({ ...example, ...change });
  expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
});

it('refuses a library with the same id or query twice', () => {
  const parsed = boltExampleLibrary.safeParse([example, example]);
  expect(parsed.error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
    ['1.exampleId', 'is also that of example 0'],
    ['1.query', 'is also that of example 0'],
  ]);
});
