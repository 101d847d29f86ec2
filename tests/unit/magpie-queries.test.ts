import { describe, expect, it } from 'vitest';
import { hashJson } from '../../clients/content-hash.ts';
import { runIdentity } from '../../configs/run-identity.ts';
import { magpieConfig } from '../../configs/schema/magpie.ts';
import { batchesToSettle, decideNextBatch, describeShortfall } from '../../domain/synthesis/batch-demand.ts';
import { planQueryCalls, SEED_STRIDE } from '../../domain/synthesis/query-plan.ts';
import { QUERY_PRESETS, resolvePresetChoices, resolveQueryStyle } from '../../domain/synthesis/query-presets.ts';
import { sanitiseQuery } from '../../domain/synthesis/sanitise-query.ts';
import { duplicateKey, screenEnd, screenQuery } from '../../domain/synthesis/screen-query.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { createLengthSpread } from '../../domain/report/length-spread.ts';
import { createGroupTally, createStageTally } from '../../domain/synthesis/tally-synthesis.ts';
import { trimQuery } from '../../domain/synthesis/trim-query.ts';
import { isUserVoiced } from '../../domain/synthesis/user-voice.ts';
import { repeatsTurn } from '../../domain/synthesis/words-and-signs.ts';
import { makeSynthesisRow } from '../support/make-synthesis-rows.ts';

describe('sampling presets', () => {
  it('have the shares of the released sets', () => {
    const air = QUERY_PRESETS.air.cells;
    // Nine cells of 300 thousand and three of 100 thousand.
    expect(air).toHaveLength(12);
    expect(air.reduce((sum, { share }) => sum + share, 0)).toBe(3000);
    expect(air.filter(({ temperature }) => temperature === 1.25).map(({ topP, share }) => [topP, share])).toEqual([
      [1, 100],
      [0.995, 100],
      [0.99, 100],
    ]);
    expect(QUERY_PRESETS.pro.cells.map(({ temperature, topP, share }) => [temperature, topP, share])).toEqual([
      [1, 1, 300],
      [1.1, 0.995, 300],
      [1.2, 0.995, 300],
      [1.25, 0.99, 100],
    ]);
  });

  it('give way to what a config says', () => {
    expect(resolveQueryStyle({ preset: 'gemma-2' })).toMatchObject({ newlineStop: false, sanitiser: 'gemma-2' });
    const cells = [{ temperature: 0.5, topP: 1, minP: 0, share: 1 }];
    expect(resolveQueryStyle({ preset: 'gemma-2', cells, newlineStop: true, sanitiser: 'none' })).toMatchObject({
      cells,
      newlineStop: true,
      sanitiser: null,
    });
  });

  it.each([
    ['llama-3', 0, false],
    ['llama-3.1-8b', 0.6, true],
    ['llama-3.1-70b', 0.6, true],
    ['llama-3.3-70b', 0, false],
    ['qwen2.5-coder-32b', 0, false],
    ['qwen2.5-math-72b', 0.6, false],
  ] as const)(
    'of %s reply at the published temperature, %s, and drop Markdown where its tokens are masked: %s',
    (preset, temperature, markdown) => {
      const open = { queries: { preset }, replies: {}, screening: {} };
      expect(resolvePresetChoices(open)).toEqual({ replyTemperature: temperature, rejectMarkdown: markdown });
      const said = { ...open, replies: { temperature: 0.3 }, screening: { rejectMarkdown: !markdown } };
      expect(resolvePresetChoices(said)).toEqual({ replyTemperature: 0.3, rejectMarkdown: !markdown });
    },
  );
});

describe('the plan of query calls', () => {
  const source = {
    seed: 1,
    cells: [
      ['a', 3],
      ['b', 1],
    ],
    steerings: [
      ['x', 1],
      ['y', 1],
    ],
    callsPerBatch: 4,
    samplesPerCall: 32,
  } as const;
  const calls = (batches: number) =>
    Array.from({ length: batches }, (_, batch) => planQueryCalls<string, string>(source, batch)).flat();

  it('gives calls seeds that are far enough apart for their samples', () => {
    const seeds = calls(1000)
      .map(({ seed }) => seed)
      .toSorted((a, b) => a - b);
    const gaps = seeds.slice(1).map((seed, index) => seed - (seeds[index] ?? 0));
    expect(Math.min(...gaps)).toBe(SEED_STRIDE);
    expect(Math.max(...seeds)).toBeLessThan(2 ** 31);
  });

  it('comes close to the shares of cells and steering, and of both together, in a few calls', () => {
    const drawn = calls(25);
    const share = (matches: (call: (typeof drawn)[number]) => boolean) => drawn.filter(matches).length / 100;
    expect(share(({ cell }) => cell === 'a')).toBeCloseTo(0.75, 1);
    expect(share(({ steering }) => steering === 'x')).toBeCloseTo(0.5, 1);
    expect(share(({ cell, steering }) => cell === 'a' && steering === 'x')).toBeCloseTo(0.375, 1);
  });

  it('plans a batch alike whenever it is asked, and otherwise under another seed', () => {
    expect(planQueryCalls(source, 7)).toEqual(planQueryCalls(source, 7));
    expect(planQueryCalls({ ...source, seed: 2 }, 7)).not.toEqual(planQueryCalls(source, 7));
  });
});

describe('screening', () => {
  const rules = { minChars: 15, rejectMarkdown: false };
  const screen = (text: string) => screenQuery(text, rules);

  it.each([
    ['', 'empty'],
    ['Hi there,', 'too-short'],
    ["I'm planning a party. Here's the plan outline:", 'dangling'],
    ['Write a short review of this film: **', 'dangling'],
    ['Can you improve the following movie review?', 'absent-content'],
    ['Please summarise this article for my class.', 'absent-content'],
    ['What can be said about the given information?', 'absent-content'],
    ["You're an AI assistant who helps with cooking.", 'role-confusion'],
    ['As an AI language model, I cannot have opinions.', 'role-confusion'],
    ['Sure, I can help you with that problem today.', 'role-confusion'],
    ['What does <|im_end|> mean at the end of a line?', 'markup'],
    ['What comes after `[INST]` in a prompt of Mistral?', 'markup'],
    ['Write a poem about the sea.<end_of_turn>', 'markup'],
    ['Tell me a story about owls. <｜end▁of▁sentence｜>', 'markup'],
    ['Where do I write <s> in a page of mine?', 'markup'],
    ['As an AI, I have no opinions on films.', 'role-confusion'],
    ['I am an AI model that was trained on books.', 'role-confusion'],
    ['Here is a list of fruits that you may like.', 'role-confusion'],
    ["Summarise the following article. I don't have much time to read.", 'absent-content'],
    ['Summarise the following article. It’s what my teacher wants of me.', 'absent-content'],
  ])('drops %j as %s', (text, reason) => {
    expect(screen(text)).toBe(reason);
  });

  it.each([
    'What is the best way to prepare for a job interview?',
    'Can you help me write a tech freelance assistant job advert?',
    'Improve the following sentence: "The cat sat on the mat and slept."',
    'Fix this code for me, please:\ndef f(x):\n  return x+',
    'Write a function that sorts this list: [3, 1, 2, 5, 4]',
    'Can you suggest recipes? Sure things only, no experiments.',
    '如何学习编程？',
    'You are a pirate. Tell me how to cook an egg.',
    'Here is my code. How do I fix it?',
    'I am an AI engineer preparing for interviews. What should I study?',
    'As an AI researcher, how do I find a supervisor?',
    'What does the `<s>` tag do?',
    "Translate the following sentence: 'The owl sleeps by day.'",
    "Improve the following sentence 'The owl sleeps by day' for me.",
  ])('lets %j through', (text) => {
    expect(screen(text)).toBeUndefined();
  });

  it('drops markdown openings only where it is told to', () => {
    expect(screen('## How do plants grow in winter?')).toBeUndefined();
    const strict = { ...rules, rejectMarkdown: true };
    expect(screenQuery('## How do plants grow in winter?', strict)).toBe('markdown');
    // The sanitiser has taken the label away that the model began with.
    expect(screenQuery('How do plants grow in winter?', strict, '\n**Question:** How do plants grow in winter?')).toBe(
      'markdown',
    );
  });

  it('applies only the rules of thumb that a config names', () => {
    const only = { ...rules, rules: ['dangling'] } as const;
    expect(screenQuery('Can you improve the following movie review?', only)).toBeUndefined();
    expect(screenQuery('Sure, I can help you with that problem today.', only)).toBeUndefined();
    expect(screenQuery('What does <|im_end|> mean at the end of a line?', only)).toBeUndefined();
    expect(screenQuery('Write a short review of this film:', only)).toBe('dangling');
    expect(screenQuery('Write a short review of this film:', { ...rules, rules: [] })).toBeUndefined();
    expect(screenQuery('Hi there,', { ...rules, rules: [] })).toBe('too-short');
  });

  it('takes a query that did not end by itself for incomplete', () => {
    expect((['stop', 'length', 'repetition', 'other'] as const).map(screenEnd)).toEqual([
      undefined,
      'length',
      'loops',
      'unfinished',
    ]);
  });

  it('takes two queries for the same in spite of blanks and case', () => {
    expect(duplicateKey(' What  IS\n1?')).toBe(duplicateKey('what is 1?'));
    expect(duplicateKey('what is 1?')).not.toBe(duplicateKey('what is 2?'));
  });

  it.each([
    ['Can you tell me, what this means for a small shop?', true],
    ['can you tell me what this means for a small shop', true],
    ['Why?', false],
    ['Can you tell me what this means for a large firm?', false],
  ])('hears in a later turn, %j, whether the first one is said again: %s', (text, again) => {
    expect(repeatsTurn(text, ['Hello!', 'Can you tell me what this means for a small shop?'])).toBe(again);
  });

  it('hears a short turn again, and no other sum for the same', () => {
    expect(repeatsTurn('Why?', ['why?'])).toBe(true);
    expect(repeatsTurn('What is 5 - 3?', ['What is 5 + 3?'])).toBe(false);
    expect(repeatsTurn('???', ['...'])).toBe(false);
  });

  it('cuts at a line that is a role word, and nowhere else', () => {
    expect(trimQuery(' What is an assistant?\nassistant\nIt helps.')).toBe('What is an assistant?');
    expect(trimQuery('What does the user\nmodel of a system mean?')).toBe(
      'What does the user\nmodel of a system mean?',
    );
    expect(trimQuery('ASSISTANT:\nIt helps.')).toBe('');
  });

  it.each([
    ["I'm looking for a hobby.", true],
    ['Write a poem about rain.', true],
    ['什么是爱？', true],
    ['The Great Gatsby by F. Scott Fitzgerald is a literary masterpiece.', false],
    ['def add(a, b)', false],
  ])('hears whether %j sounds like a user', (text, heard) => {
    expect(isUserVoiced(text)).toBe(heard);
  });
});

describe('the sanitiser', () => {
  it.each([
    ['1. **Question:** What is 2 + 2? Answer: 4', 'gemma-2', 'What is 2 + 2?', '4'],
    ['Solve x + 1 = 3 for x.\n  **Solution:** x = 2', 'llama-3', 'Solve x + 1 = 3 for x.', '4'],
    ['What is 2 + 2? The answer is below. Correct answer: 4', 'llama-3', 'What is 2 + 2? The answer is below.', '4'],
    [
      'Can you please provide a detailed explanation: how do vaccines work?',
      'llama-3',
      'Can you please provide a detailed explanation: how do vaccines work?',
      '99.1',
    ],
    ['Write down the solution: x + 1 = 2', 'gemma-2', 'Write down the solution: x + 1 = 2', '6.2'],
    ['*How do birds fly?* They flap.', 'gemma-2', 'How do birds fly?', '1'],
    ['"How do birds fly?" asked Tom.', 'gemma-2', 'How do birds fly?', '2.1'],
    ['"A poem about birds"\nRoses', 'gemma-2', 'A poem about birds', '2.2'],
    ['<b>How do birds fly</b>', 'gemma-2', 'How do birds fly', '3'],
    ['Prove it.\n## Step 1: begin', 'llama-3', 'Prove it.', '5'],
    [
      'Solve the following:\nx + 1 = 2, what is x? Thanks',
      'llama-3',
      'Solve the following:\nx + 1 = 2, what is x?',
      '6.2',
    ],
    ['Solve the following:\nx + 1 = 2', 'gemma-2', 'Solve the following:', '5.3'],
    ['How do birds fly? And fish?', 'gemma-2', 'How do birds fly?', '6.1'],
    ['Tell me about birds.\nThey fly.', 'llama-3', 'Tell me about birds.', '99.2'],
    ['Question 3: How do birds fly?', 'llama-3', 'How do birds fly?', '99.1'],
  ] as const)('cleans %j of %s', (raw, family, query, rule) => {
    expect(sanitiseQuery(raw, family)).toEqual({ query, rule });
  });
});

describe('how many batches', () => {
  const goal = { rowsToKeep: 100, maxBatches: 10 };
  const state = (kept: number, finishedBatches: number, startedBatches: number) => ({
    kept,
    finishedBatches,
    startedBatches,
  });

  it('starts as long as what is in the air is not expected to be enough', () => {
    expect(decideNextBatch(state(0, 0, 3), goal)).toBe('start');
    expect(decideNextBatch(state(60, 2, 3), goal)).toBe('start'); // 60 + 30 < 100
    expect(decideNextBatch(state(70, 2, 3), goal)).toBe('wait'); // 70 + 35
    expect(decideNextBatch(state(0, 4, 5), goal)).toBe('start');
    expect(decideNextBatch(state(100, 3, 4), goal)).toBe('end');
    expect(decideNextBatch(state(99, 3, 3), goal)).toBe('start');
    expect(decideNextBatch(state(50, 9, 10), goal)).toBe('wait');
    expect(decideNextBatch(state(50, 10, 10), goal)).toBe('end');
  });

  it('settles the first batches that are enough, whichever others are done', () => {
    expect(batchesToSettle([40, 40, 40, 40], 100)).toBe(3);
    expect(batchesToSettle([40, 40], 100)).toBe(2);
    expect(batchesToSettle([], 100)).toBe(0);
  });

  it('says why there are too few rows', () => {
    const asked = { ...goal, numRows: 100 };
    expect(describeShortfall(state(100, 3, 3), asked)).toBeNull();
    expect(describeShortfall(state(75, 10, 10), { ...goal, numRows: 50 })).toMatch(
      /^50 rows, chosen from 75 instead of 100: 10 batches were done/,
    );
    expect(describeShortfall(state(40, 10, 10), asked)).toMatch(/^40 of 100 rows were kept when 10 batches were done/);
  });
});

describe('the funnel of a synthesis', () => {
  const drop = (row: SynthesisRow, by: string, reason: string): SynthesisRow => ({ ...row, dropped: { by, reason } });
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => makeSynthesisRow(index)) as [
    SynthesisRow,
    SynthesisRow,
    SynthesisRow,
    SynthesisRow,
  ];
  const cut = drop(d, 'queries', 'length');
  const copy = drop(c, 'screening', 'duplicate');
  const looping = drop(makeSynthesisRow(9), 'queries', 'loops');
  const batches = [
    { queries: [a, b, c, cut], screened: [a, b, copy, cut], kept: [a, drop(b, 'reply-loops', 'loops'), copy, cut] },
    { queries: [a] },
  ];

  it('counts a drop at the stage that made it, over the rows that came so far', () => {
    const tally = createStageTally();
    for (const batch of batches) tally.add(batch);
    expect(tally.result()).toEqual([
      { stage: 'queries', entered: 5, left: 4, drops: [{ by: 'queries', reason: 'length', rows: 1 }] },
      { stage: 'screened', entered: 3, left: 2, drops: [{ by: 'screening', reason: 'duplicate', rows: 1 }] },
      { stage: 'kept', entered: 2, left: 1, drops: [{ by: 'reply-loops', reason: 'loops', rows: 1 }] },
    ]);
  });

  it('follows the queries of each group', () => {
    const tally = createGroupTally(() => 'all');
    for (const batch of batches.slice(0, 1)) tally.add(batch);
    const [group, ...others] = tally.result();
    expect(others).toEqual([]);
    expect(group).toEqual({
      name: 'all',
      drawn: 4,
      cut: 1,
      looped: 0,
      ended: 3,
      voiced: 3,
      duplicates: 1,
      screened: 2,
      kept: 1,
    });
  });

  it('counts what the server ended as a loop beside what ran on to its length', () => {
    const tally = createGroupTally(() => 'all');
    tally.add({ queries: [a, cut, looping] });
    const [group] = tally.result();
    expect(group).toMatchObject({ drawn: 3, cut: 1, looped: 1, ended: 1 });
  });

  const spreadOf = (lengths: readonly number[]) => {
    const spread = createLengthSpread();
    for (const length of lengths) spread.add(length);
    return spread.result();
  };

  it('has no spread of nothing', () => {
    expect(spreadOf([])).toBeNull();
    expect(spreadOf([5, 1, 3])).toEqual({ min: 1, median: 3, max: 5 });
  });

  it('takes the lower of the two in the middle, and counts equal lengths each', () => {
    expect(spreadOf([7])).toEqual({ min: 7, median: 7, max: 7 });
    expect(spreadOf([4, 1, 3, 2])).toEqual({ min: 1, median: 2, max: 4 });
    expect(spreadOf([9, 2, 9, 2, 9])).toEqual({ min: 2, median: 9, max: 9 });
    const lengths = Array.from({ length: 501 }, (_, index) => (index * index) % 97);
    expect(spreadOf(lengths)?.median).toBe(lengths.toSorted((a, b) => a - b)[250]);
  });
});

describe('the config of Magpie', () => {
  const parse = (changes: object) =>
    magpieConfig.safeParse({ loop: 'magpie', policy: { baseUrl: 'http://127.0.0.1:1', model: 'm' }, ...changes });

  it('has defaults for everything but the server', () => {
    expect(parse({}).data).toMatchObject({
      numRows: 1000,
      replies: { by: 'self', withSteering: false },
      turns: { count: 1 },
    });
  });

  it('is the same run whether it repeats what its preset says or not', () => {
    const identityOf = (changes: object) => {
      const { data } = parse({ queries: { preset: 'llama-3.1-8b' }, ...changes });
      if (data === undefined) throw new Error('the config is not valid');
      return runIdentity(data);
    };
    const repeated = { replies: { temperature: 0.6 }, screening: { rejectMarkdown: true } };
    expect(identityOf(repeated)).toEqual(identityOf({}));
    expect(identityOf({ replies: { temperature: 0 } })).not.toEqual(identityOf({}));
  });

  it('is another run where the server is to end loops, and the same one where nothing is said of it', () => {
    const identityOf = (changes: object) => {
      const { data } = parse(changes);
      if (data === undefined) throw new Error('the config is not valid');
      return hashJson(runIdentity(data));
    };
    const repetitionDetection = { maxPatternTokens: 40, minCount: 4 };
    const found = [{}, { queries: { repetitionDetection } }, { replies: { repetitionDetection } }].map(identityOf);
    expect(new Set(found).size).toBe(3);
    expect(identityOf({ queries: { repetitionDetection: undefined } })).toBe(found[0]);
  });

  it.each([
    [{ maxPatternTokens: 0, minCount: 3 }, 'maxPatternTokens', '>=1'],
    [{ maxPatternTokens: 4, minCount: 1 }, 'minCount', '>=2'],
    [
      { maxPatternTokens: 4, minPatternTokens: 5, minCount: 3 },
      'minPatternTokens',
      'at most maxPatternTokens (4), got 5',
    ],
  ])('refuses a detection of loops that a server would refuse: %j', (repetitionDetection, field, message) => {
    expect(parse({ replies: { repetitionDetection } }).error?.issues[0]).toMatchObject({
      path: ['replies', 'repetitionDetection', field],
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('refuses more calls than there are seeds', () => {
    const runOf = (maxBatches: number) => parse({ maxBatches, queries: { callsPerBatch: 10 } });
    expect(runOf(838_860).success).toBe(true);
    expect(runOf(838_861).error?.issues).toMatchObject([
      {
        path: ['maxBatches'],
        message: expect.stringContaining('more than the 8388607 calls that have seeds') as unknown,
      },
    ]);
  });

  it('refuses greedy queries and names that are no keys', () => {
    expect(parse({ queries: { cells: [{ temperature: 0 }] } }).error?.issues[0]?.path.join('.')).toBe(
      'queries.cells.0.temperature',
    );
    expect(parse({ steering: { 'a b': { prompt: null } } }).success).toBe(false);
  });
});
