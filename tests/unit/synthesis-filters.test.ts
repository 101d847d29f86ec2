// Locks the published filters of Magpie (table 5, the cards, the notebook) and what a tag that is missing means to a filter.
import { describe, expect, it } from 'vitest';
import { rulesOf, selectionOf, synthesisFilters } from '../../configs/schema/synthesis-filters.ts';
import { filterRows } from '../../domain/synthesis/check-row.ts';
import { BASE_RULES, FILTER_PRESETS, type FilterPresetName } from '../../domain/synthesis/filter-presets.ts';
import { pointOf, type FilterRule } from '../../domain/synthesis/filter-rule.ts';
import { isRefusal } from '../../domain/synthesis/refusal.ts';
import { longestLoop } from '../../domain/synthesis/longest-loop.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { makeAnswered, makeRow } from '../support/make-quality-rows.ts';

/** Which of the rules a row breaks first, at either point. */
function broken(row: SynthesisRow, rules: readonly FilterRule[]): string | null {
  const [after] = filterRows(filterRows([row], rules, 'query'), rules, 'reply');
  return after?.dropped === undefined ? null : `${after.dropped.by}/${after.dropped.reason}`;
}

const QUERY = 'How do I sharpen a kitchen knife without a stone?';

function tagged(changes: Partial<SynthesisRow>): SynthesisRow {
  return makeAnswered(0, QUERY, 'Use the unglazed rim under a mug.', {
    tags: { quality: 'excellent', difficulty: 'medium', category: 'Advice seeking', language: 'en' },
    neighbour: { minDistance: 0.4, rowId: 'row-009', repeatCount: 0 },
    rewards: { rewardModel: 'rm', reward: -5, baseReward: -6, rewardDifference: 1 },
    ...changes,
  });
}

describe('the published filters', () => {
  // Name, rows, quality, difficulty, reward, reward difference, then: as the paper's table has them. MND > 0 in all.
  it.each([
    ['air-filter', 300_000, 'good', 'medium', null, '> 0', 'longest'],
    ['pro-filter1', 300_000, 'average', null, '> -12', null, 'longest'],
    ['pro-filter2', 300_000, 'good', 'easy', '> -12', null, 'longest'],
    ['pro-filter3', 300_000, null, null, '> -12', null, 'longest'],
    ['pro-filter4', 300_000, 'good', 'easy', null, '> 0', 'longest'],
    ['pro-filter5', 338_000, 'good', 'easy', '> -12', null, 'first'],
    ['pro-filter6', 200_000, null, 'easy', '> -12', null, 'longest'],
  ] as const)('has %s as in table 5', (name, rows, quality, difficulty, reward, difference, take) => {
    const { publishedRows, rules, selection } = FILTER_PRESETS[name];
    const find = <Kind extends FilterRule['kind']>(kind: Kind) =>
      rules.find((rule): rule is Extract<FilterRule, { kind: Kind }> => rule.kind === kind);
    expect(publishedRows).toBe(rows);
    expect(find('quality')?.atLeast ?? null).toBe(quality);
    expect(find('difficulty')?.atLeast ?? null).toBe(difficulty);
    expect(find('neighbour-distance')).toEqual({ kind: 'neighbour-distance', above: 0 });
    expect(find('reward') ?? null).toEqual(reward === null ? null : { kind: 'reward', above: -12 });
    expect(find('reward-difference') ?? null).toEqual(
      difference === null ? null : { kind: 'reward-difference', above: 0 },
    );
    expect(selection.take).toBe(take);
  });

  it('mixes half easy and half above in filter 6', () => {
    expect(FILTER_PRESETS['pro-filter6'].selection.mix).toEqual([
      { difficulties: ['easy'], share: 0.5 },
      { difficulties: ['medium', 'hard', 'very hard'], share: 0.5 },
    ]);
  });

  it.each([
    ['pro-300k-card', { reward: -10 }, null],
    ['pro-300k-card', { reward: -10.5 }, 'reward/below -10'],
    ['qwen2-pro-notebook', { reward: -10 }, 'reward/not above -10'],
    ['pro-filter1', { reward: -12 }, 'reward/not above -12'],
    ['pro-filter1', { reward: -11.9 }, null],
  ] as const)('%s meets a reward of %o with %s', (name, { reward }, found) => {
    expect(broken(tagged({ rewards: { rewardModel: 'rm', reward } }), FILTER_PRESETS[name].rules)).toBe(found);
  });

  it.each(['air-300k-card', 'pro-300k-card', 'pro-mt-card', 'llama-3.1-pro-mt-card', 'qwen2-pro-notebook'] as const)(
    '%s takes out repeats and instructions that end with a colon, which the table does not',
    (name: FilterPresetName) => {
      const { rules } = FILTER_PRESETS[name];
      const near = tagged({ neighbour: { minDistance: 0.01, rowId: 'row-009', repeatCount: 1 } });
      const open = tagged({ messages: [{ role: 'user', content: 'Improve the following review:' }] });
      expect(broken(near, rules)).toBe('no-repeats/repeats an earlier query');
      expect(broken(open, rules)).toBe('no-trailing-colon/ends with a colon');
      expect(broken(near, FILTER_PRESETS['pro-filter1'].rules)).toBeNull();
      expect(broken(open, FILTER_PRESETS['pro-filter1'].rules)).toBeNull();
    },
  );

  it('lets a coding query have five newlines in the multi-turn card, and no other', () => {
    const { rules } = FILTER_PRESETS['llama-3.1-pro-mt-card'];
    const lines = tagged({ messages: [{ role: 'user', content: 'a\nb\nc\nd\ne\nf' }] });
    expect(broken(lines, rules)).toBe('query-lines/5 newlines or more');
    expect(broken({ ...lines, tags: { ...lines.tags, category: 'Coding & Debugging' } }, rules)).toBeNull();
    expect(broken(tagged({ messages: [{ role: 'user', content: 'a\nb\nc\nd\ne' }] }), rules)).toBeNull();
  });

  it('keeps Chinese alone in the Chinese card', () => {
    const { rules } = FILTER_PRESETS['qwen2-chinese-200k-card'];
    expect(broken(tagged({}), rules)).toBe('language/another');
    expect(broken(tagged({ tags: { ...tagged({}).tags, language: null } }), rules)).toBe('language/unknown');
  });
});

describe('what is not there', () => {
  it.each([
    ['quality', { tags: { quality: null } }, 'quality/unread'],
    ['quality', { tags: {} }, 'quality/unread'],
    ['neighbour', { neighbour: undefined }, 'neighbour-distance/not compared'],
    ['reward', { rewards: { rewardModel: 'rm', reward: null } }, 'reward/unscored'],
    ['reward', { rewards: undefined }, 'reward/unscored'],
  ] as const)('never meets a rule that asks for it: %s %o', (_, { ...changes }, found) => {
    const { quality: _quality, ...others } = tagged({}).tags ?? {};
    const row = { ...tagged({}), ...changes } as SynthesisRow;
    const full = 'tags' in changes ? { ...row, tags: { ...others, ...changes.tags } } : row;
    expect(broken(full, FILTER_PRESETS['pro-filter1'].rules)).toBe(found);
  });

  it('lets the first query of a run meet every distance: nobody came before it', () => {
    const first = tagged({ neighbour: { minDistance: null, rowId: null, repeatCount: 0 } });
    expect(broken(first, [{ kind: 'neighbour-distance', above: 0.5 }])).toBeNull();
  });
});

describe('ranks', () => {
  it('compare by their place, not by their letters', () => {
    const rule = { kind: 'quality', atLeast: 'good' } as const;
    const qualities = ['very poor', 'poor', 'average', 'good', 'excellent'] as const;
    expect(qualities.map((quality) => broken(tagged({ tags: { quality } }), [rule]) === null)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});

describe("the rule on a user's voice", () => {
  it('drops documents and code before a reply is paid for', () => {
    const { rules } = synthesisFilters.parse({ rules: [{ kind: 'user-voiced' }] });
    expect(rules.map(pointOf)).toEqual(['query']);
    const asked = (content: string) => broken(tagged({ messages: [{ role: 'user', content }] }), rules);
    expect(asked(QUERY)).toBeNull();
    expect(asked('Write a poem about rain.')).toBeNull();
    expect(asked('The Great Gatsby is a novel of 1925.')).toBe("user-voiced/does not sound like a user's");
    expect(asked('def add(a, b): return a + b')).toBe("user-voiced/does not sound like a user's");
  });
});

describe('the rules for replies', () => {
  const rule = BASE_RULES;
  it('are decided when there is a reply, and those for queries before it is paid for', () => {
    expect(BASE_RULES.map((one) => [one.kind, pointOf(one)])).toEqual([
      ['no-repeats', 'query'],
      ['no-trailing-colon', 'query'],
      ['reply-whole', 'reply'],
      ['reply-loops', 'reply'],
    ]);
  });

  it.each([
    ['stop', null],
    ['length', 'reply-whole/truncated'],
    ['repetition', 'reply-whole/loops'],
    ['other', 'reply-whole/ended with "other"'],
  ] as const)('meet a reply that ended with %s with %s', (replyFinish, found) => {
    expect(broken(tagged({ replyFinish }), rule)).toBe(found);
  });

  it('take out an empty reply, and a row without one', () => {
    expect(broken({ ...tagged({}), messages: makeAnswered(0, QUERY, ' \n').messages }, rule)).toBe('reply-whole/empty');
    expect(broken({ ...tagged({}), messages: makeRow(0, QUERY).messages }, rule)).toBe('reply-whole/no reply');
  });

  it('take out a reply that cannot stop, in words or in scripts without blanks', () => {
    const loop = `Here is a list. ${'The cat sat on the mat. '.repeat(12)}`;
    expect(broken({ ...tagged({}), messages: makeAnswered(0, QUERY, loop).messages }, rule)).toBe('reply-loops/loops');
    const chinese = `好的。${'我不知道。'.repeat(30)}`;
    expect(broken({ ...tagged({}), messages: makeAnswered(0, QUERY, chinese).messages }, rule)).toBe(
      'reply-loops/loops',
    );
  });

  it('take out a reply that comes back to what it said, without a loop', () => {
    const [a, b] = ['first you take the blade and hold it flat', 'then you draw it along the rim very slowly'];
    const text = [a, b, 'now turn it', a, 'and once more', b, 'with care', a, b, 'done at last'].join('. ');
    expect(longestLoop(text)).toBe(0);
    expect(broken({ ...tagged({}), messages: makeAnswered(0, QUERY, text).messages }, rule)).toBe(
      'reply-loops/repeats itself',
    );
  });

  it('leave a table, a list and a short answer alone', () => {
    const table = `| a | b | c |\n|---|---|---|\n| one thing | and another | with a third |\n| this | that | more |`;
    const list = Array.from(
      { length: 12 },
      (_, index) => `${index + 1}. Step ${index + 1} is about item ${index * 7}.`,
    );
    for (const text of [table, list.join('\n'), 'No, no, no!']) {
      expect(broken({ ...tagged({}), messages: makeAnswered(0, QUERY, text).messages }, rule)).toBeNull();
    }
  });
});

describe('refusals', () => {
  it.each([
    ["I'm sorry, but I can't help with that.", true],
    ['I cannot provide instructions for this.', true],
    ['As an AI language model, I do not have opinions.', true],
    ['I’m unable to access that page.', true],
    ["I can't wait to tell you about Rome!", false],
    ['I am sorry for your loss. Here is what you can do.', false],
    [`${'A story about a knight. '.repeat(20)} "I cannot help you", he said.`, false],
  ])('reads %s as %s', (reply, found) => expect(isRefusal(reply)).toBe(found));
});

describe('the config of the filters', () => {
  it('adds the rules of its own to those of a preset, each once, and drops them when told to', () => {
    const rules = rulesOf(synthesisFilters.parse({ preset: 'pro-300k-card' }));
    expect(rules.map(({ kind }) => kind)).toEqual([
      'quality',
      'reward',
      'no-repeats',
      'no-trailing-colon',
      'reply-whole',
      'reply-loops',
    ]);
    expect(rulesOf(synthesisFilters.parse({ preset: 'pro-filter3', rules: [] }))).toEqual(
      FILTER_PRESETS['pro-filter3'].rules,
    );
  });

  it('takes the first rows by itself, and twice as many to choose from where the longest are taken', () => {
    expect(selectionOf(synthesisFilters.parse({}))).toEqual({ take: 'first', oversample: 1 });
    expect(selectionOf(synthesisFilters.parse({ preset: 'pro-filter1' }))).toEqual({ take: 'longest', oversample: 2 });
    expect(selectionOf(synthesisFilters.parse({ preset: 'pro-filter1', select: { take: 'first' } }))).toEqual({
      take: 'first',
      oversample: 2,
    });
  });
});
