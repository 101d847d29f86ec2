// Locks votes, retries, panels and the sums of verdicts.
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../domain/checklist.ts';
import { aggregate } from '../../domain/judging/aggregate.ts';
import { decideItems, type AskedItems, type ReadingPlace } from '../../domain/judging/decide-items.ts';
import { averageWithCode, combineJudges } from '../../domain/judging/panel.ts';
import { combineVotes, votesStillNeeded } from '../../domain/judging/votes.ts';
import { makeJudgeMethod } from '../support/make-judge-method.ts';

const yes: Verdict = { answer: 'yes', by: 'judge', reason: 'y' };
const no: Verdict = { answer: 'no', by: 'judge', reason: 'n' };
const none: Verdict = { answer: 'unparsed', by: 'judge', cause: 'malformed', reason: '?' };
const refused: Verdict = { answer: 'unparsed', by: 'judge', cause: 'refused', reason: '?' };

describe('votesStillNeeded', () => {
  it.each([
    // yes, no, unparsed, wanted, needed
    [0, 0, 0, 1, 1],
    [0, 0, 0, 5, 3],
    [2, 0, 0, 5, 1],
    [1, 1, 0, 5, 2],
    [3, 0, 0, 5, 0],
    [2, 2, 0, 5, 1],
    // An unreadable vote lowers the bar: with 4 left to count, 3 are still a majority.
    [0, 0, 1, 5, 3],
    [2, 0, 1, 5, 1],
    [2, 0, 2, 5, 0],
    [1, 1, 3, 5, 0],
  ])('after %d yes, %d no, %d unparsed of %d is %d', (yes, no, unparsed, wanted, needed) => {
    expect(votesStillNeeded({ yes, no, unparsed }, wanted)).toBe(needed);
  });
});

describe('combineVotes', () => {
  it('lets the majority of the readable votes decide', () => {
    expect(combineVotes([no, yes, none, yes, none], true)).toEqual({
      answer: 'yes',
      by: 'judge',
      reason: 'y',
      probability: 2 / 3,
      votes: { yes: 2, no: 1, unparsed: 2 },
    });
  });

  it('gives no share of yes votes when voting may have stopped early', () => {
    expect(combineVotes([yes, yes], false)).not.toHaveProperty('probability');
  });

  it('has no verdict on a tie, and the last cause when nothing was readable', () => {
    expect(combineVotes([yes, no, none], true)).toMatchObject({
      answer: 'unparsed',
      cause: 'tied',
      reason: '1 votes for yes, 1 for no, 1 unreadable',
      probability: 0.5,
    });
    expect(combineVotes([none, none, refused], true)).toMatchObject({ answer: 'unparsed', cause: 'refused' });
  });
});

describe('decideItems', () => {
  const orderSeed = ({ vote, attempt }: ReadingPlace) => vote * 8 + attempt;

  /** A judge that follows a script a question, by vote and attempt, and remembers what it was asked. */
  function scripted(script: (question: string, place: ReadingPlace) => Verdict, isRefused = false) {
    const calls: { readonly questions: readonly string[]; readonly place: ReadingPlace }[] = [];
    const ask = async (questions: readonly string[], place: ReadingPlace): Promise<AskedItems> => {
      calls.push({ questions, place });
      return { verdicts: questions.map((question) => script(question, place)), isRefused };
    };
    return { ask, calls };
  }

  it('asks again until a verdict can be read, and no further', async () => {
    const { ask, calls } = scripted((_, { attempt }) => (attempt < 2 ? none : no));
    expect(await decideItems(makeJudgeMethod({ attempts: 5 }), ['q'], ask, orderSeed)).toEqual([no]);
    expect(calls.map(({ place }) => place.attempt)).toEqual([0, 1, 2]);
  });

  it('leaves an item unparsed after its last try, with the cause of that one', async () => {
    const { ask, calls } = scripted((_, { attempt }) => (attempt < 2 ? none : refused));
    expect(await decideItems(makeJudgeMethod(), ['q'], ask, orderSeed)).toEqual([refused]);
    expect(calls).toHaveLength(3);
  });

  it.each([
    [{ ...none, cause: 'too-long' } as const, false],
    [{ ...none, cause: 'low-label-mass' } as const, false],
    [refused, true],
  ])('does not ask again when the end would be the same: %j', async (verdict, isRefused) => {
    const { ask, calls } = scripted(() => verdict, isRefused);
    expect(await decideItems(makeJudgeMethod(), ['q'], ask, orderSeed)).toEqual([verdict]);
    expect(calls).toHaveLength(1);
  });

  it('stops voting once the majority is certain, with the same answer as all votes', async () => {
    for (let pattern = 0; pattern < 32; pattern += 1) {
      const voteOf = (_: string, { vote }: ReadingPlace) => ((pattern >> vote) & 1 ? yes : no);
      const [early, whole] = await Promise.all(
        [true, false].map(async (stopEarly) => {
          const { ask, calls } = scripted(voteOf);
          const [verdict] = await decideItems(makeJudgeMethod({ votes: 5, stopEarly }), ['q'], ask, orderSeed);
          return { answer: verdict?.answer, calls: calls.length };
        }),
      );
      expect(early?.answer).toBe(whole?.answer);
      expect(whole?.calls).toBe(5);
      expect(early?.calls).toBeLessThanOrEqual(5);
    }
    const { ask, calls } = scripted(() => yes);
    await decideItems(makeJudgeMethod({ votes: 5 }), ['q'], ask, orderSeed);
    expect(calls).toHaveLength(3);
  });

  it('asks a list in calls of even size, each question once, and gives verdicts in order of the questions', async () => {
    const questions = ['a', 'b', 'c', 'd', 'e'];
    const script = (question: string) => (question < 'c' ? yes : no);
    const { ask, calls } = scripted(script);
    const method = makeJudgeMethod({ mode: 'list' });
    expect(await decideItems(method, questions, ask, orderSeed)).toEqual([yes, yes, no, no, no]);
    expect(calls.map((call) => call.questions.length)).toEqual([2, 3]);
    expect(calls.flatMap((call) => call.questions).toSorted()).toEqual(questions);
    const turned = scripted(script);
    const backwards = await decideItems(method, questions.toReversed(), turned.ask, orderSeed);
    expect(backwards.toReversed()).toEqual([yes, yes, no, no, no]);
    expect(turned.calls).toEqual(calls);
  });

  it('orders a list differently from vote to vote', async () => {
    const { ask, calls } = scripted(() => yes);
    const method = makeJudgeMethod({ mode: 'list', listItems: 8, votes: 9, stopEarly: false });
    await decideItems(method, ['a', 'b', 'c', 'd', 'e'], ask, orderSeed);
    expect(new Set(calls.map((call) => call.questions.join(''))).size).toBeGreaterThan(4);
  });

  it('asks a list again only for what could not be read', async () => {
    const { ask, calls } = scripted((question, { attempt }) => (question === 'b' && attempt === 0 ? none : yes));
    const verdicts = await decideItems(makeJudgeMethod({ mode: 'list' }), ['a', 'b', 'c'], ask, orderSeed);
    expect(verdicts).toEqual([yes, yes, yes]);
    expect(calls[1]?.questions).toEqual(['b']);
    expect(calls).toHaveLength(2);
  });

  it('averages scores over all samples', async () => {
    const { ask, calls } = scripted((_, { vote }) => ({ ...yes, probability: vote / 10 }));
    // (0 + 10 + 20 + 30 + 40) / 5 = 20
    expect(await decideItems(makeJudgeMethod({ mode: 'score' }), ['q'], ask, orderSeed)).toMatchObject([
      { answer: 'no', probability: 0.2, reason: 'mean score 20 of 5 of 5 samples' },
    ]);
    expect(calls).toHaveLength(5);
  });
});

describe('combineJudges', () => {
  const opinion = (judge: string, verdict: Verdict) => ({ judge, ...verdict });

  it('is the judge itself when there is one', () => {
    expect(combineJudges([opinion('a', yes)])).toEqual(yes);
  });

  it('is the majority, and keeps what each judge said', () => {
    const opinions = [opinion('a', no), opinion('b', yes), opinion('c', yes)];
    expect(combineJudges(opinions)).toEqual({
      answer: 'yes',
      by: 'judge',
      reason: 'y',
      probability: 2 / 3,
      votes: { yes: 2, no: 1, unparsed: 0 },
      judges: opinions,
    });
  });

  it('is tied when a silent judge leaves one against one, and has the cause when all are silent', () => {
    expect(combineJudges([opinion('a', no), opinion('b', yes), opinion('c', none)])).toMatchObject({
      answer: 'unparsed',
      cause: 'tied',
    });
    expect(combineJudges([opinion('a', refused), opinion('b', none), opinion('c', none)])).toMatchObject({
      cause: 'refused',
    });
  });
});

describe('averageWithCode', () => {
  const code: Verdict = { answer: 'no', by: 'code', reason: '3 commas' };

  it('halves what code and judge say, and leaves the exact middle to code', () => {
    // (0 + 0.9) / 2 = 0.45
    expect(averageWithCode(code, { ...yes, probability: 0.9 })).toMatchObject({ answer: 'no', probability: 0.45 });
    expect(averageWithCode(code, yes)).toMatchObject({ answer: 'no', probability: 0.5 });
    expect(averageWithCode({ ...code, answer: 'yes' }, no)).toMatchObject({ answer: 'yes', probability: 0.5 });
  });

  it('leaves it to the other side when one has no verdict', () => {
    expect(averageWithCode(code, none)).toEqual(code);
    expect(averageWithCode({ ...none, by: 'code', cause: 'verifier-failed' }, yes)).toEqual(yes);
  });
});

describe('aggregate', () => {
  const checklist = [
    { question: 'a', weight: 100 },
    { question: 'b', weight: 25 },
    { question: 'c', weight: 75 },
  ];
  const verdicts: readonly Verdict[] = [{ ...yes, probability: 0.8 }, no, none];

  it.each([
    ['pass-rate', 1 / 2, 2],
    // 100 / (100 + 25)
    ['weighted', 100 / 125, 125],
    // (0.8 + 0) / 2
    ['soft', 0.4, 2],
    ['weighted-soft', 80 / 125, 125],
    ['all-pass', 0, 2],
    // (1/2 + 0) / 2
    ['hybrid', 0.25, 2],
  ] as const)('%s leaves out the unparsed item: %d of %d', (kind, value, denominator) => {
    expect(aggregate(checklist, verdicts, { kind, minCoverage: 0.5 })).toEqual({
      value,
      denominator,
      decided: 2,
      items: 3,
      coverage: 2 / 3,
    });
  });

  it('has no value below the least coverage, for an empty list and for weights of 0', () => {
    expect(aggregate(checklist, verdicts, { kind: 'pass-rate', minCoverage: 1 }).value).toBeUndefined();
    expect(aggregate([], [], { kind: 'all-pass', minCoverage: 0 })).toMatchObject({
      value: undefined,
      coverage: undefined,
    });
    expect(
      aggregate([{ question: 'a', weight: 0 }], [yes], { kind: 'weighted', minCoverage: 1 }).value,
    ).toBeUndefined();
  });

  it('is 1 for all-pass and hybrid when every item passes', () => {
    for (const kind of ['all-pass', 'hybrid'] as const) {
      expect(aggregate(checklist, [yes, yes, yes], { kind, minCoverage: 1 }).value).toBe(1);
    }
  });
});
