import { describe, expect, it } from 'vitest';
import { qualityIdentity } from '../../configs/run-identity.ts';
import { qualityOf, repeatDistance, synthesisQuality } from '../../configs/schema/synthesis-quality.ts';

const endpoint = { baseUrl: 'http://127.0.0.1:8000', model: 'm' };

/** What is wrong with a config, as a user reads it. */
function complaints(config: object): readonly string[] {
  const parsed = synthesisQuality.safeParse(config);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the quality part of a config', () => {
  it('needs no model beside the policy as it is', () => {
    const quality = synthesisQuality.parse({});
    expect(quality.tags.ask).toEqual([]);
    expect(quality.neighbours.by).toBe('words');
    expect([quality.tags.guard, quality.rewards, quality.preferences]).toEqual([undefined, undefined, undefined]);
    expect(quality.filters.rules.map(({ kind }) => kind)).toEqual([
      'no-repeats',
      'no-trailing-colon',
      'reply-whole',
      'reply-loops',
    ]);
  });

  it.each([
    [
      { filters: { preset: 'pro-filter1' } },
      [
        'filters: quality (preset pro-filter1 included) needs "quality" in tags.ask',
        'filters: reward (preset pro-filter1 included) needs rewards',
      ],
    ],
    [
      { tags: { ask: ['quality', 'difficulty'] }, rewards: endpoint, filters: { preset: 'air-filter' } },
      ['filters: reward-difference (preset air-filter included) needs rewards.base'],
    ],
    [{ filters: { rules: [{ kind: 'safe' }] } }, ['filters: safe needs tags.guard']],
    [
      { filters: { select: { take: 'longest' }, rules: [] } },
      [
        'filters: select.take takes the longest replies, which are those that were cut off by their length: add { kind: reply-whole } to filters.rules, or set filters.select.take to first',
      ],
    ],
    [
      { neighbours: { index: 'hnsw' } },
      [
        'neighbours.index: hnsw searches the vectors of an embedding model, and neighbours.by is "words": name a model there, or leave the index out',
      ],
    ],
    [{ neighbours: { by: 'none' } }, ['filters: no-repeats needs neighbours.by other than "none"']],
    [
      { tags: { language: null }, filters: { rules: [{ kind: 'language', in: ['en'] }] } },
      ['filters: language needs tags.language'],
    ],
    [
      { filters: { rules: [{ kind: 'query-lines', newlinesBelow: 5, exceptCategories: ['Coding & Debugging'] }] } },
      ['filters: query-lines needs "category" in tags.ask'],
    ],
    [
      { filters: { rules: [{ kind: 'reward' }] } },
      ['filters.rules.0: needs "above" or "atLeast"', 'filters: reward needs rewards'],
    ],
    [{ filters: { rules: [{ kind: 'reply-chars', min: 9, max: 3 }] } }, ['filters.rules.0.min: must not be above max']],
    [{ preferences: {} }, ['preferences: needs something that scores replies: add rewards, or a judge in preferences']],
    [
      { rewards: endpoint, preferences: { draws: [{ temperature: 0.8, samples: 1 }] } },
      ['preferences.draws: one reply is no pair: draw two or more'],
    ],
    [
      { rewards: endpoint, preferences: { only: [{ kind: 'quality', atLeast: 'good' }] } },
      ['preferences.only.0: needs "quality" in tags.ask'],
    ],
    [
      { rewards: endpoint, preferences: { only: [{ kind: 'reply-whole' }] } },
      ['preferences.only.0: looks at a reply, and these conditions are for queries'],
    ],
    [
      { rewards: endpoint, preferences: { checklist: ['Is it short?'] } },
      ['preferences.checklist: is answered by a judge, and there is none: add judge or leave it out'],
    ],
  ])('says what a filter or a pair lacks: %j', (config, wanted) => expect(complaints(config)).toEqual(wanted));

  it('takes every published filter when its tags and rewards are there', () => {
    const whole = { tags: { ask: ['quality', 'difficulty', 'category'] }, rewards: { ...endpoint, base: endpoint } };
    for (const preset of ['air-filter', 'pro-filter4', 'pro-filter6', 'llama-3.1-pro-mt-card']) {
      expect(complaints({ ...whole, filters: { preset } })).toEqual([]);
    }
  });

  it('refuses what it does not know', () => {
    expect(complaints({ filters: { preset: 'pro-filter7' } })[0]).toContain('filters.preset: Invalid option');
    expect(complaints({ tag: {} })[0]).toContain('Unrecognized key');
  });

  it('repeats below half the published distance by meaning, which is squared L2, and below 0.4 by words', () => {
    const distance = (neighbours: object) => repeatDistance(synthesisQuality.parse({ neighbours }).neighbours);
    expect(distance({ by: endpoint })).toBe(0.025);
    expect(distance({})).toBe(0.4);
    expect(distance({ repeatBelow: 0.1 })).toBe(0.1);
  });

  it('is found in the config of any loop that has it', () => {
    const quality = synthesisQuality.parse({});
    expect(qualityOf({ loop: 'magpie', quality })).toBe(quality);
    expect(qualityOf({ loop: 'bolt' })).toBeUndefined();
  });

  it('makes a run by the index that may miss neighbours, and leaves the exact one unsaid', () => {
    const identityWith = (neighbours: object) =>
      JSON.stringify(qualityIdentity(synthesisQuality.parse({ neighbours: { by: endpoint, ...neighbours } })));
    expect(identityWith({ index: 'exact' })).toBe(identityWith({}));
    expect(identityWith({})).not.toContain('"index"');
    expect(identityWith({ index: 'hnsw' })).toContain('"index":"hnsw"');
  });

  it('makes a run by who is asked, and not by where', () => {
    const at = (baseUrl: string, model: string) => {
      const one = { baseUrl, model };
      return JSON.stringify(
        qualityIdentity(
          synthesisQuality.parse({
            tags: { ask: ['quality'], by: one, guard: one },
            neighbours: { by: one },
            rewards: { ...one, base: one },
            preferences: { by: one, judge: one },
          }),
        ),
      );
    };
    const here = at('http://127.0.0.1:1', 'm');
    expect(at('http://127.0.0.1:2', 'm')).toBe(here);
    expect(here).not.toContain('127.0.0.1');
    expect(here.match(/"model":"m"/g)).toHaveLength(7);
    expect(at('http://127.0.0.1:1', 'other')).not.toBe(here);
  });
});
