import { describe, expect, it } from 'vitest';
import { judgeConfig, panelOf } from '../../configs/schema/judge.ts';

const base = { baseUrl: 'http://127.0.0.1:8012', model: 'judge' };

const complaint = (changes: object): string | undefined => {
  const parsed = judgeConfig.safeParse({ ...base, ...changes });
  const issue = parsed.error?.issues[0];
  return issue === undefined ? undefined : `${issue.path.join('.')}: ${issue.message}`;
};

describe('judgeConfig', () => {
  it('asks one item a call by default, once, with code deciding what it can', () => {
    expect(judgeConfig.parse(base)).toMatchObject({
      mode: 'item',
      votes: 1,
      attempts: 3,
      temperature: 0,
      useVerifiers: true,
      verifierMode: 'replace',
      panel: [],
    });
  });

  it.each([
    [{ votes: 4, temperature: 1 }, 'votes: must be odd, or half of the votes could stand against half; got 4'],
    [{ votes: 3 }, 'temperature: temperature 0 would draw the same verdict 3 times; raise it or set votes to 1'],
    [
      { mode: 'score' },
      'temperature: temperature 0 would draw the same score 5 times; raise it or set scoreSamples to 1',
    ],
    [{ mode: 'score', votes: 3, temperature: 1 }, 'votes: mode score takes no votes; raise scoreSamples instead'],
    [{ mode: 'list', verdict: 'two-step' }, 'verdict: mode list has no verdict line; leave it out or set mode to item'],
    [{ mode: 'probability', votes: 3 }, 'votes: mode probability takes no votes; leave them out'],
    [
      { panel: [{ ...base, model: 'other' }] },
      'panel: with the first judge they are 2, an even number that may split in halves; add or remove one',
    ],
    [
      { panel: [{ ...base, votes: 3 }, base] },
      'panel.0.temperature: temperature 0 would draw the same verdict 3 times; raise it or set votes to 1',
    ],
    [
      { useVerifiers: false, verifierMode: 'average' },
      'verifierMode: average needs the verifiers that useVerifiers: false switches off',
    ],
  ])('refuses %j', (changes, message) => {
    expect(complaint(changes)).toBe(message);
  });

  it.each([
    { mode: 'list', votes: 3, temperature: 0.7 },
    { mode: 'score', temperature: 1.3, topP: 0.9, scoreSamples: 25, maxTokens: 10 },
    { mode: 'score', scoreSamples: 1 },
    { mode: 'probability', probabilityBy: 'generative-scoring' },
  ])('takes %j', (changes) => {
    expect(complaint(changes)).toBeUndefined();
  });

  it('lists all judges of a panel, the first one first', () => {
    const panel = ['b', 'c'].map((model) => ({ ...base, model, mode: 'list' }));
    const judges = panelOf(judgeConfig.parse({ ...base, panel }));
    expect(judges.map(({ model, mode }) => [model, mode])).toEqual([
      ['judge', 'item'],
      ['b', 'list'],
      ['c', 'list'],
    ]);
  });
});
