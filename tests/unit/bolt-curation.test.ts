import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { boltExampleLibrary } from '../../configs/schema/bolt-example.ts';
import { boltQuery } from '../../configs/schema/bolt-query.ts';
import { boltCuration } from '../../configs/schema/bolt.ts';
import { promptRow } from '../../configs/schema/prompt-row.ts';
import { DIFFICULTY_CRITERIA, type DifficultyLabels } from '../../domain/bolt/difficulty.ts';
import type { LabelReply } from '../../domain/bolt/label-reply.ts';
import { findOverlaps } from '../../domain/bolt/evaluation-overlap.ts';
import { fileByTopic, keepHard } from '../../domain/bolt/keep-labelled.ts';
import { findNearDuplicates, jaccard } from '../../domain/bolt/near-duplicates.ts';
import { quotasOf, sampleTopics } from '../../domain/bolt/sample-topics.ts';
import { firstUserTurn, screenQueries } from '../../domain/bolt/screen-queries.ts';
import { wordGrams, wordsOf } from '../../domain/bolt/word-grams.ts';
import { countDrops } from '../../domain/bolt/yields.ts';
import { createRandom } from '../../domain/random.ts';

const root = new URL('../../', import.meta.url);
const readText = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
const readLines = async (path: string): Promise<unknown[]> =>
  (await readText(path))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('words', () => {
  it('are the same whatever the case, the punctuation and the width of letters', () => {
    expect(wordsOf('Don’t  PANIC, ＡＢＣ-1!')).toEqual(['don', 't', 'panic', 'abc', '1']);
  });

  it('are single characters where a script has no blanks', () => {
    expect(wordsOf('解释AI词')).toEqual(['解', '释', 'ai', '词']);
  });

  it('make grams of each run', () => {
    expect(wordGrams(['a', 'b', 'c'], 2)).toEqual(['a b', 'b c']);
    expect(wordGrams(['a'], 2)).toEqual([]);
  });
});

it('takes the first user turn, whatever comes before or after', () => {
  expect(
    firstUserTurn([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: ' First \n' },
      { role: 'assistant', content: 'Yes' },
      { role: 'user', content: 'Second' },
    ]),
  ).toBe('First');
  expect(firstUserTurn([{ role: 'assistant', content: 'Hello' }])).toBeNull();
  expect(firstUserTurn([{ role: 'user', content: '  ' }])).toBeNull();
});

describe('near duplicates', () => {
  it('has the Jaccard similarity: 2 of 4', () => {
    expect(jaccard(new Set(['a', 'b', 'c']), new Set(['b', 'c', 'd']))).toBe(0.5);
    expect(jaccard(new Set(), new Set())).toBe(0);
  });

  it('names the first one that stays, and counts the threshold itself', () => {
    // 2-grams: {a b, b c, c d} and {a b, b c, c e}: 2 of 4.
    const texts = ['a b c d', 'x y z', 'a b c e', 'a b c d'];
    expect(findNearDuplicates(texts, { shingleWords: 2, minSimilarity: 0.5 })).toEqual([null, null, 0, 0]);
    expect(findNearDuplicates(texts, { shingleWords: 2, minSimilarity: 0.51 })).toEqual([null, null, null, 0]);
  });

  it('compares texts shorter than a shingle as a whole, and never two without words', () => {
    expect(findNearDuplicates(['Hi you', 'hi, you!', '...', '!!!'], { shingleWords: 3, minSimilarity: 0.8 })).toEqual([
      null,
      0,
      null,
      null,
    ]);
  });

  it('finds what comparing every pair finds, on 40 random sets of texts', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const random = createRandom(seed);
      const texts = Array.from({ length: 25 }, () =>
        Array.from({ length: 2 + Math.floor(random() * 9) }, () => 'abcd'[Math.floor(random() * 4)]).join(' '),
      );
      const rules = { shingleWords: 1 + (seed % 3), minSimilarity: 0.3 + 0.1 * (seed % 7) };
      expect(findNearDuplicates(texts, rules)).toEqual(compareAllPairs(texts, rules));
    }
  });
});

function compareAllPairs(
  texts: readonly string[],
  rules: { shingleWords: number; minSimilarity: number },
): (number | null)[] {
  const sets = texts.map((text) => {
    const words = wordsOf(text);
    return new Set(words.length < rules.shingleWords ? [words.join(' ')] : wordGrams(words, rules.shingleWords));
  });
  const twins: (number | null)[] = [];
  for (const set of sets) {
    const twin = twins.findIndex(
      (other, index) => other === null && jaccard(set, sets[index] ?? new Set()) >= rules.minSimilarity - 1e-9,
    );
    twins.push(twin < 0 ? null : twin);
  }
  return twins;
}

describe('overlap with evaluation sets', () => {
  const rules = { gramWords: 6, minWords: 3 };
  const long = { setName: 'long', text: 'one two three four five six seven eight' };
  const short = { setName: 'short', text: 'alpha beta gamma' };
  const tiny = { setName: 'tiny', text: 'Why?' };
  const overlap = (query: string): string | null => findOverlaps([query], [long, short, tiny], rules)[0] ?? null;

  it('finds six words in a row, and not five', () => {
    expect(overlap('Say: two, three four FIVE six seven. Then stop here')).toBe('long');
    expect(overlap('say two three four five six and then stop here')).toBeNull();
  });

  it('finds a short text anywhere in a query, and a short query anywhere in a text', () => {
    expect(overlap('please write alpha beta gamma for me')).toBe('short');
    expect(overlap('three four five')).toBe('long');
    expect(overlap('three four')).toBeNull();
  });

  it('only finds a tiny text where it is all of the query', () => {
    expect(overlap('why')).toBe('tiny');
    expect(overlap('why is the sky blue today')).toBeNull();
  });
});

describe('topics', () => {
  const queries = ['a', 'b', 'c'].flatMap((topic, index) =>
    Array.from({ length: [100, 25, 4][index] ?? 0 }, (_, row) => ({ promptId: `${topic}-${row}`, topic })),
  );
  const sizes = new Map([
    ['a', 100],
    ['b', 25],
    ['c', 4],
  ]);

  it('caps each topic', () => {
    expect([...quotasOf(sizes, { kind: 'cap', perTopic: 20 }).values()]).toEqual([20, 20, 4]);
  });

  it('flattens shares: n^0.5 weighs 10 : 5 : 2, of 34 that is 20 : 10 : 4', () => {
    expect([...quotasOf(sizes, { kind: 'flatten', exponent: 0.5, total: 34 }).values()]).toEqual([20, 10, 4]);
  });

  it('gives the others what a small topic cannot fill: 60 is 20 each; c has 4, so 28 each; b has 25, so 31', () => {
    expect([...quotasOf(sizes, { kind: 'flatten', exponent: 0, total: 60 }).values()]).toEqual([31, 25, 4]);
  });

  it.each([0, 0.3, 0.7, 1])('keeps exactly the total, and no more than a topic has (exponent %f)', (exponent) => {
    for (let total = 1; total <= 140; total += 7) {
      const quotas = quotasOf(sizes, { kind: 'flatten', exponent, total });
      expect([...quotas.values()].reduce((sum, quota) => sum + quota, 0)).toBe(Math.min(total, 129));
      for (const [topic, quota] of quotas) expect(quota).toBeLessThanOrEqual(sizes.get(topic) ?? 0);
    }
  });

  it('draws the same queries whatever their order, others for another seed, and counts the rest', () => {
    const rule = { kind: 'cap', perTopic: 10 } as const;
    const keptIds = (seed: number, rows = queries) =>
      sampleTopics(rows, rule, seed)
        .kept.map(({ promptId }) => promptId)
        .toSorted();
    expect(keptIds(1)).toEqual(keptIds(1, queries.toReversed()));
    expect(keptIds(1)).not.toEqual(keptIds(2));
    const { kept, dropped } = sampleTopics(queries, rule, 1);
    expect([kept.length, dropped.length]).toEqual([24, 105]);
    expect(dropped[0]).toMatchObject({ reason: 'topic-cap', detail: '10 of 100 queries on a stay' });
  });
});

describe('labels', () => {
  const queries = ['hard', 'easy', 'cut', 'never'].map((promptId) => ({ promptId, text: promptId, checklist: [] }));
  const labels = (yes: number) =>
    Object.fromEntries(DIFFICULTY_CRITERIA.map((criterion, index) => [criterion, index < yes])) as DifficultyLabels;
  const cut = { ok: false, cause: 'truncated', detail: 'ended with "length"' } as const;

  it('keep queries at the threshold or above, and tell an easy one from one without labels', () => {
    const replies = new Map<string, LabelReply<DifficultyLabels>>([
      ['hard', { ok: true, label: labels(5) }],
      ['easy', { ok: true, label: labels(4) }],
      ['cut', cut],
    ]);
    const { kept, dropped } = keepHard(queries, replies, 5);
    expect(kept).toEqual([{ ...queries[0], difficulty: labels(5) }]);
    expect(dropped).toEqual([
      { promptId: 'easy', reason: 'too-easy', detail: '4 of 7, min 5' },
      { promptId: 'cut', reason: 'difficulty-unread', detail: 'truncated: ended with "length"' },
      { promptId: 'never', reason: 'difficulty-unread', detail: 'no reply' },
    ]);
  });

  it('file queries under their topics', () => {
    const { kept, dropped } = fileByTopic(
      queries.slice(0, 2),
      new Map<string, LabelReply<string>>([['hard', { ok: true, label: 'logic' }]]),
    );
    expect(kept).toEqual([{ ...queries[0], topic: 'logic' }]);
    expect(dropped).toEqual([{ promptId: 'easy', reason: 'topic-unread', detail: 'no reply' }]);
  });
});

describe('the queries of the repository', async () => {
  const rows = (await readLines('configs/data/bolt-queries.jsonl')).map((row) => boltQuery.parse(row));
  const heldOut = (await readLines('configs/data/quickstart-held-out.jsonl')).map((row) => promptRow.parse(row));
  const files = await readdir(new URL('configs/data/bolt-examples/', root));
  const library = boltExampleLibrary.parse(
    await Promise.all(
      files.map(async (file) => parse(await readText(`configs/data/bolt-examples/${file}`)) as unknown),
    ),
  );
  const curation = boltCuration.parse({ queries: ['configs/data/bolt-queries.jsonl'], maxChars: 1200 });
  const evaluation = [
    ...heldOut.map(({ messages }) => ({
      setName: 'quickstart-held-out',
      text: messages.map(({ content }) => content).join('\n'),
    })),
    ...library.map(({ query }) => ({ setName: 'examples', text: query })),
  ];
  const { kept, dropped } = screenQueries(rows, evaluation, curation);

  it('have unique ids', () => {
    expect(new Set(rows.map(({ promptId }) => promptId)).size).toBe(rows.length);
  });

  it('are 78, of which each filter leaves out the ones made for it and no other', () => {
    expect(rows.length).toBe(78);
    expect(dropped.map(({ promptId, reason, detail }) => `${promptId}: ${reason} ${detail}`).toSorted()).toEqual([
      'evaluation-overlap: evaluation-overlap quickstart-held-out',
      'example-overlap: evaluation-overlap examples',
      'no-user-turn: no-user-turn no user turn with text',
      'other-language-de: other-language de',
      'other-language-es: other-language es',
      'other-language-zh: other-language zh-cn',
      'too-long: too-long 6525 characters, max 1200',
      'too-short: too-short 9 characters, min 12',
      'twin-exact: duplicate of mathematics-07',
      'twin-near-1: near-duplicate of writing-02',
      'twin-near-2: near-duplicate of logic-03',
      'twin-near-3: near-duplicate of estimation-05',
    ]);
    expect(kept.length).toBe(78 - 12);
  });

  it('are counted by reason', () => {
    expect(countDrops(dropped)).toEqual({
      'no-user-turn': 1,
      'too-short': 1,
      'too-long': 1,
      'other-language': 3,
      duplicate: 1,
      'near-duplicate': 3,
      'evaluation-overlap': 2,
      'difficulty-unread': 0,
      'too-easy': 0,
      'topic-unread': 0,
      'topic-cap': 0,
    });
  });
});
