// Locks which names an embedding model merges: into the more frequent one, never in a chain, and where it is said.
import { describe, expect, it } from 'vitest';
import { createVectorIndex } from '../../clients/vector-index.ts';
import { runIdentity } from '../../configs/run-identity.ts';
import { skillInventory } from '../../configs/schema/skill-inventory.ts';
import { mapRows } from '../../domain/skillmix/extraction.ts';
import { countNames, mergeTwins, type NamedSkill } from '../../domain/skillmix/inventory.ts';
import { createMeaningMerge } from '../../domain/skillmix/merge-by-meaning.ts';
import { makeSkillmixConfig } from '../support/skillmix-world.ts';

const FILES = { skills: 'skills.txt', queryTypes: 'types.md' };
const EMBEDDER = { baseUrl: 'http://127.0.0.1:1', model: 'mpnet' };

/** A direction in the plane. */
const at = (degrees: number): Float32Array => {
  const angle = (degrees * Math.PI) / 180;
  return Float32Array.from([Math.cos(angle), Math.sin(angle)]);
};

/** 1 - cosine. */
const distanceOf = (degrees: number): number => 1 - Math.cos((degrees * Math.PI) / 180);

function merge(angles: Readonly<Record<string, number>>, maxDegrees: number) {
  const maxDistance = distanceOf(maxDegrees);
  const mergeNext = createMeaningMerge(createVectorIndex(2, maxDistance), maxDistance);
  return Object.entries(angles).map(([name, degrees]) => [name, mergeNext(name, at(degrees))]);
}

describe('merging by meaning', () => {
  it('takes a name for the nearest of those that stay, which were named as often or more', () => {
    expect(merge({ planning: 0, cooking: 90, baking: 86, scheduling: 7, mending: 45 }, 10)).toEqual([
      ['planning', null],
      ['cooking', null],
      ['baking', 'cooking'],
      ['scheduling', 'planning'],
      ['mending', null],
    ]);
    expect(merge({ first: 0, second: 16, between: 9 }, 10)).toEqual([
      ['first', null],
      ['second', null],
      // 7 degrees from the second and 9 from the first
      ['between', 'second'],
    ]);
  });

  it('joins no chain of small steps: what is merged draws nothing to itself', () => {
    expect(merge({ a: 0, b: 8, c: 16, d: 24 }, 10)).toEqual([
      ['a', null],
      ['b', 'a'],
      ['c', null],
      ['d', 'c'],
    ]);
  });

  it('prefers the more frequent name where two are as near, and takes the limit for near enough', () => {
    expect(merge({ first: 0, second: 20, between: 10 }, 10)[2]).toEqual(['between', 'first']);
    const mergeNext = createMeaningMerge(createVectorIndex(2, 1), 1);
    expect([mergeNext('east', at(0)), mergeNext('north', at(90))]).toEqual([null, 'east']);
  });

  it('adds up how often names were named, and leads rows to the name that stays', () => {
    const labels = ['making plans', 'planning_ahead', 'planning ahead', 'cooking'];
    const named = labels.map((label): NamedSkill => ({ label, topic: null, source: 'labelled' }));
    const names = countNames(named, []);
    expect(names.skills.map(({ name, count }) => [name, count])).toEqual([
      ['planning_ahead', 2],
      ['making_plans', 1],
      ['cooking', 1],
    ]);
    const { skills, counts } = mergeTwins(names, new Map([['making_plans', 'planning_ahead']]));
    expect(skills.map(({ name, count, merged }) => [name, count, merged])).toEqual([
      ['planning_ahead', 3, ['making_plans']],
      ['cooking', 1, []],
    ]);
    expect(counts).toEqual({ named: 4, notNames: 0, topicNames: 0, repeats: 1, nearDuplicates: 1, skills: 2 });
    expect(mapRows([{ rowId: 'r', labels: ['making_plans', 'cooking'] }], new Map(), skills)[0]?.skills).toEqual([
      'planning_ahead',
      'cooking',
    ]);
  });
});

describe('the config of merging', () => {
  const parse = (merge: object) => skillInventory.safeParse({ source: 'files', ...FILES, merge });

  it('is one of two: by letters, or by an embedding model with its own scale', () => {
    expect(parse({ by: EMBEDDER, maxDistance: 0.1 }).data).toMatchObject({
      merge: { by: { ...EMBEDDER, api: 'embeddings', callsInFlight: 16 }, maxDistance: 0.1 },
    });
    for (const wrong of [
      { by: EMBEDDER },
      { by: EMBEDDER, maxDistance: 0.1, minSimilarity: 1 },
      { by: 'letters', maxDistance: 0.1 },
      { by: 'meaning' },
      { by: EMBEDDER, maxDistance: 0 },
      { by: 'letters', minSimilarity: 1.1 },
    ]) {
      const { error } = parse(wrong);
      expect([wrong, error?.issues[0]?.path[0]]).toEqual([wrong, 'merge']);
    }
    expect(parse({ by: 'meaning' }).error?.issues[0]?.message).toContain(
      'must be { by: letters, minSimilarity: ... } or { by: { baseUrl: ..., model: ... }, maxDistance: ... }',
    );
    expect(skillInventory.safeParse({ source: 'files', ...FILES, minSimilarity: 0.8 }).success).toBe(false);
  });

  it('is the same run wherever the model is served, and another run with another model or distance', () => {
    const identityOf = (by: object, maxDistance: number) =>
      runIdentity(
        makeSkillmixConfig('http://127.0.0.1:2', FILES, {
          inventory: { source: 'files', ...FILES, merge: { by: { ...EMBEDDER, ...by }, maxDistance } },
        }),
      );
    const first = identityOf({}, 0.1);
    expect(identityOf({ baseUrl: 'http://10.0.0.1:9', apiKeyEnv: 'KEY', callsInFlight: 1 }, 0.1)).toEqual(first);
    expect(identityOf({ model: 'other' }, 0.1)).not.toEqual(first);
    expect(identityOf({}, 0.2)).not.toEqual(first);
  });
});
