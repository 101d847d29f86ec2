import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { skillInventory } from '../../configs/schema/skill-inventory.ts';
import { mapRows } from '../../domain/skillmix/extraction.ts';
import { parseGroups } from '../../domain/skillmix/group-labels.ts';
import { countNames, mergeTwins, type NamedSkill } from '../../domain/skillmix/inventory.ts';
import { mergeByLetters } from '../../domain/skillmix/merge-by-letters.ts';
import { parseList } from '../../domain/skillmix/parse-list.ts';
import { parseQueryTypes } from '../../domain/skillmix/query-types.ts';
import { isName, normaliseName } from '../../domain/skillmix/skill-name.ts';

const named = (label: string, topic: string | null = null): NamedSkill => ({ label, topic, source: 'asked' });

function settleSkills(entries: readonly NamedSkill[], topics: readonly string[], minSimilarity: number) {
  const names = countNames(entries, topics);
  const twinOf = mergeByLetters(
    names.skills.map(({ name }) => name),
    minSimilarity,
  );
  return mergeTwins(names, twinOf);
}

describe('the name of a skill', () => {
  it.each([
    ['Critical Thinking', 'critical_thinking'],
    ['critical-thinking', 'critical_thinking'],
    ['  critical__thinking. ', 'critical_thinking'],
    ['timeManagement', 'time_management'],
    ["reader's guide", 'readers_guide'],
    ['C++ programming', 'cpp_programming'],
    ['C# programming', 'csharp_programming'],
    ['ＦＵＬＬ width', 'full_width'],
    ['Émotions décrites', 'émotions_décrites'],
    ['批判性思维', '批判性思维'],
    ['***', ''],
  ])('%j becomes %j', (label, name) => {
    expect(normaliseName(label)).toBe(name);
  });

  it('is neither a number nor a sentence', () => {
    expect(['a_b', '2024', '', 'one_two_three_four_five_six_seven_eight_nine'].map(isName)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('a list of a model', () => {
  it.each([
    ['bullets', '- one\n* two\n• three'],
    ['numbers', '1. one\n2) two\n(3) three'],
    ['an opening and a heading', 'Here are three topics:\n\n## Topics\none\ntwo\nthree'],
    ['definitions', 'one: the first\n**two** - the second\n`three` – the third'],
    ['JSON', '```json\n["one", "two", 3, "three"]\n```'],
    ['commas in one line', 'one, two, three.'],
    ['thoughts before it', '<think>four\nfive</think>\none\ntwo\nthree'],
  ])('is read with %s', (_name, text) => {
    expect(parseList(text)).toEqual(['one', 'two', 'three']);
  });

  it('may be empty', () => {
    expect(parseList('{"names": ["one", "two words", 3, " "]}')).toEqual(['one', 'two words']);
    expect(parseList('')).toEqual([]);
    expect(parseList('Here are some topics:')).toEqual([]);
  });
});

describe('an inventory', () => {
  it('counts repeats, drops topics and sentences, and merges what is spelled alike into the more frequent name', () => {
    const labels = [
      'Time Management',
      'creative story telling',
      'creative_storytelling',
      'creative storytelling',
      'thinking critically',
      'critically thinking',
      'Cooking',
      'a sentence that goes on and on about how to do it',
      '42',
    ];
    const { skills, counts } = settleSkills(
      labels.map((label) => named(label, 'cooking')),
      ['cooking'],
      0.8,
    );
    expect(skills.map(({ name, count, merged }) => [name, count, merged])).toEqual([
      ['creative_storytelling', 3, ['creative_story_telling']],
      ['time_management', 1, []],
      ['thinking_critically', 2, ['critically_thinking']],
    ]);
    // 9 = 2 no names + 1 topic + 1 repeat + 2 merged + 3 skills
    expect(counts).toEqual({ named: 9, notNames: 2, topicNames: 1, repeats: 1, nearDuplicates: 2, skills: 3 });
    expect(skills[0]).toMatchObject({ label: 'creative_storytelling', topic: 'cooking', source: 'asked' });
  });

  it('merges by default what is reordered or re-joined, and never a skill with its opposite', () => {
    const config = skillInventory.parse({ source: 'files', skills: 'a', queryTypes: 'b' });
    if (config.source === 'run' || config.merge.by !== 'letters') throw new Error('merged by spelling');
    const { minSimilarity } = config.merge;
    const labels = [
      'formal writing',
      'informal writing',
      'rational thinking',
      'irrational thinking',
      'thinking rational',
      'problem solving',
      'problemsolving',
    ];
    const given = labels.map((label): NamedSkill => ({ label, topic: null, source: 'given' }));
    const { skills } = settleSkills(given, [], minSimilarity);
    expect(skills.map(({ name }) => name)).toEqual([
      'formal_writing',
      'informal_writing',
      'rational_thinking',
      'irrational_thinking',
      'problem_solving',
    ]);
  });

  it('keeps unlike names apart', () => {
    const labels = ['writing_dialogue', 'writing_letters', 'reading_maps', 'go', 'do'];
    expect(
      settleSkills(
        labels.map((label) => named(label)),
        [],
        0.8,
      ).skills,
    ).toHaveLength(5);
  });
});

describe('query types', () => {
  it('of the repository are twelve, each with a definition and two examples', () => {
    const { types, incomplete } = parseQueryTypes(readFileSync('configs/data/skillmix-query-types.md', 'utf8'));
    expect(incomplete).toEqual([]);
    expect(types).toHaveLength(12);
    expect(types.map(({ examples }) => examples.length)).toEqual(Array.from({ length: 12 }, () => 2));
    expect(types[9]).toEqual({
      id: 'creative_writing',
      name: 'Creative writing',
      definition: 'the sender wants a text that did not exist before.',
      examples: [
        "Write a short toast for my grandmother's 80th, she hates being praised.",
        'A poem of eight lines about a lighthouse that is switched off.',
      ],
    });
  });

  it.each([
    ['1. **Planning**: wants a plan.\n   - "Plan a day."\n   - "Plan a week."'],
    [
      '**1. Planning**\nDefinition: wants a plan.\nExamples:\n- "Plan a day."\n- "Plan a week."'.replace(
        '**1. ',
        '1. **',
      ),
    ],
    ['### 1. Planning: wants a plan.\n"Plan a day."\n"Plan a week."'],
    ['1. **Planning** - wants a plan.\n   Example 1: "Plan a day."\n   Example 2: "Plan a week."'],
  ])('are read from %j', (text) => {
    expect(parseQueryTypes(text).types).toEqual([
      { id: 'planning', name: 'Planning', definition: 'wants a plan.', examples: ['Plan a day.', 'Plan a week.'] },
    ]);
  });

  it('that lack a part are told with their line', () => {
    const text = '1. **Planning**: wants a plan.\n\n2. **Asking**\n   - "What?"\n3. **Asking**: a fact.\n   - "Who?"';
    expect(parseQueryTypes(text).incomplete).toEqual([
      { line: 1, name: 'Planning', lacks: 'examples' },
      { line: 3, name: 'Asking', lacks: 'definition' },
    ]);
  });
});

describe('labels of rows', () => {
  it('are grouped by what the model says, each once, and unknown ones are left out', () => {
    const groups = parseGroups(
      'weighing_options: weighing trade offs, comparing_options\n2. made up: unknown_label\n- planning: comparing_options, making_plans',
      ['weighing_trade_offs', 'comparing_options', 'making_plans'],
    );
    expect([...groups]).toEqual([
      ['weighing_trade_offs', 'weighing_options'],
      ['comparing_options', 'weighing_options'],
      ['making_plans', 'planning'],
    ]);
  });

  it('lead through groups and merged names to the skills of the inventory', () => {
    const { skills } = settleSkills([named('making_plans'), named('weighing_options')], [], 0.8);
    const rows = [{ rowId: 'r1', labels: ['planning_ahead', 'making_plans', 'lost'] }];
    expect(mapRows(rows, new Map([['planning_ahead', 'making_plans']]), skills)).toEqual([
      { rowId: 'r1', labels: ['planning_ahead', 'making_plans', 'lost'], skills: ['making_plans'] },
    ]);
  });
});
