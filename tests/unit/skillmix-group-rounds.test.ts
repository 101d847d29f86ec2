// Locks that later rounds of grouping bring together what was in different parts, end, and keep every label's way.
import { describe, expect, it } from 'vitest';
import { isStable, partsOfRound, regroup } from '../../domain/skillmix/group-rounds.ts';
import { makeSkillmixConfig } from '../support/skillmix-world.ts';

const names = Array.from({ length: 10 }, (_, index) => `name_${index}`);
const groupsOf = (record: Readonly<Record<string, string>>) => new Map(Object.entries(record));
const round = (changes: Partial<Parameters<typeof isStable>[0][number]> = {}) => ({
  names: 8,
  parts: 2,
  unread: 0,
  groups: 8,
  ...changes,
});

describe('the parts of a round', () => {
  it('go by the alphabet first, and after that bring other names together, the same ones each time', () => {
    const reversed = names.toReversed();
    expect(partsOfRound(reversed, 4, { seed: 1, round: 0 })).toEqual([
      names.slice(0, 4),
      names.slice(4, 8),
      names.slice(8),
    ]);
    const second = partsOfRound(reversed, 4, { seed: 1, round: 1 });
    expect(second.map(({ length }) => length)).toEqual([3, 3, 4]);
    expect(second.flat().toSorted()).toEqual(names);
    expect(second.flat()).not.toEqual(names);
    expect(partsOfRound(names, 4, { seed: 1, round: 1 })).toEqual(second);
    expect(partsOfRound(names, 4, { seed: 1, round: 2 })).not.toEqual(second);
    expect(partsOfRound(names, 4, { seed: 2, round: 1 })).not.toEqual(second);
  });

  it('are one part where all fit, and none of nothing', () => {
    expect(partsOfRound(names, 10, { seed: 1, round: 1 }).map(({ length }) => length)).toEqual([10]);
    expect(partsOfRound([], 10, { seed: 1, round: 1 })).toEqual([]);
  });
});

describe('a later round', () => {
  const groups = groupsOf({ plans: 'planning', schedules: 'scheduling', bikes: 'mending', cakes: 'baking' });

  it('leads every label through its group to the group of that', () => {
    const found = groupsOf({ planning: 'making_plans', scheduling: 'making_plans', mending: 'mending' });
    expect(Object.fromEntries(regroup(groups, found, 1))).toEqual({
      plans: 'making_plans',
      schedules: 'making_plans',
      bikes: 'mending',
      cakes: 'baking',
    });
  });

  it('gives no other name to a group by itself, which the first round may', () => {
    const found = groupsOf({ mending: 'repairs' });
    expect(regroup(groups, found, 1).get('bikes')).toBe('mending');
    expect(regroup(groups, found, 0).get('bikes')).toBe('repairs');
  });

  it('joins a group to one of another part by its name, and swaps no two names', () => {
    expect(regroup(groups, groupsOf({ scheduling: 'planning' }), 1).get('schedules')).toBe('planning');
    const swapped = groupsOf({ planning: 'scheduling', scheduling: 'planning' });
    expect([...regroup(groups, swapped, 1)]).toEqual([...groups]);
  });
});

describe('grouping', () => {
  it('in rounds of no labels is refused', () => {
    const inventory = { source: 'labelled', data: 'data.jsonl', groupLabels: 0, groupRounds: 2 } as const;
    const files = { skills: 'skills.txt', queryTypes: 'types.md' };
    expect(() => makeSkillmixConfig('http://127.0.0.1:1', files, { inventory })).toThrow(
      'has nothing to repeat: inventory.groupLabels is 0, which groups no labels',
    );
  });

  it.each([
    ['nothing was joined', [round({ names: 12 }), round()], true],
    ['groups were joined', [round({ groups: 7 })], false],
    ['nothing was joined, and a part was not read', [round({ unread: 1 })], false],
    ['one group is left', [round({ groups: 1 })], true],
    ['there was no round', [], null],
  ])('whose last round says that %s is stable: %j', (_name, rounds, expected) => {
    expect(isStable(rounds)).toBe(expected);
  });
});
