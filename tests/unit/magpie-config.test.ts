// Locks what a config of Magpie may say, and which changes make it another run.
import { describe, expect, it } from 'vitest';
import { hashJson } from '../../clients/content-hash.ts';
import { runIdentity } from '../../configs/run-identity.ts';
import { magpieConfig } from '../../configs/schema/magpie.ts';

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
