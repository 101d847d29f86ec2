import { describe, expect, it } from 'vitest';
import { chooseHighest, chooseMajority, countDistinct, parseSelfScore } from '../../domain/best-of-n/baselines.ts';
import type { Candidate, Selection } from '../../domain/best-of-n/candidate.ts';
import { chooseBest } from '../../domain/best-of-n/choose-best.ts';
import { compareArms } from '../../domain/best-of-n/compare-arms.ts';
import type { Checklist, Verdict } from '../../domain/checklist.ts';

const OPTIONS = { resamples: 500, confidence: 0.95, seed: 1 };

function makeCandidate(sampleIndex: number, changes: Partial<Candidate> = {}): Candidate {
  return {
    sampleIndex,
    text: `answer ${sampleIndex}`,
    finishReason: 'stop',
    verdicts_I: [],
    passRate: null,
    gold_I: [],
    goldPassRate: null,
    selfScore: null,
    reward: null,
    ...changes,
  };
}

function judged(sampleIndex: number, answers: string, changes: Partial<Verdict> = {}): Candidate {
  const letters = answers.split('');
  const verdicts_I = letters.map((letter): Verdict =>
    letter === '?'
      ? { answer: 'unparsed', by: 'judge', cause: 'malformed', reason: '' }
      : ({ answer: letter === 'y' ? 'yes' : 'no', by: 'judge', reason: '', ...changes } as Verdict),
  );
  const decided = letters.filter((letter) => letter !== '?');
  return makeCandidate(sampleIndex, {
    verdicts_I,
    passRate: decided.length === 0 ? null : decided.filter((letter) => letter === 'y').length / decided.length,
  });
}

describe('chooseBest', () => {
  const PLAIN: Checklist = [{ question: 'a?' }, { question: 'b?' }];

  it('takes the highest pass rate', () => {
    expect(chooseBest(PLAIN, [judged(0, 'yn'), judged(1, 'yy')], 1)).toEqual({
      tied: [1],
      chosen: 1,
      decidedBy: 'pass-rate',
    });
  });

  it('breaks a tie by critical items, and keeps the tied set', () => {
    const checklist: Checklist = [
      { question: 'a?', weight: 50 },
      { question: 'b?', weight: 100 },
    ];
    expect(chooseBest(checklist, [judged(0, 'yn'), judged(1, 'ny')], 1)).toEqual({
      tied: [0, 1],
      chosen: 1,
      decidedBy: 'critical-items',
    });
  });

  it('breaks a tie by weight where no item is critical', () => {
    const checklist: Checklist = [
      { question: 'a?', weight: 50 },
      { question: 'b?', weight: 25 },
    ];
    expect(chooseBest(checklist, [judged(0, 'ny'), judged(1, 'yn')], 1)).toMatchObject({
      chosen: 1,
      decidedBy: 'weighted',
    });
  });

  it('breaks a tie by soft verdicts, then by seed, never by length', () => {
    const soft = [judged(0, 'yy', { probability: 0.6 }), judged(1, 'yy', { probability: 0.9 })];
    expect(chooseBest(PLAIN, soft, 1)).toMatchObject({ chosen: 1, decidedBy: 'soft' });
    const equal = [judged(0, 'yy'), { ...judged(1, 'yy'), text: 'a much, much longer answer' }];
    const drawn = new Set(Array.from({ length: 20 }, (_, seed) => chooseBest(PLAIN, equal, seed).chosen));
    expect(drawn).toEqual(new Set([0, 1]));
    expect(chooseBest(PLAIN, equal, 7)).toEqual(chooseBest(PLAIN, equal, 7));
  });

  it('prefers a whole evaluation to one with holes, and has no best where nothing was judged', () => {
    expect(chooseBest(PLAIN, [judged(0, 'y?'), judged(1, 'yn')], 1)).toMatchObject({ chosen: 1 });
    expect(chooseBest(PLAIN, [makeCandidate(0)], 1)).toEqual({ tied: [], chosen: null, decidedBy: null });
  });
});

describe('baselines', () => {
  it('takes the answer that most candidates agree on', () => {
    const texts = ['So the answer is 4.', 'Answer: 5', '2 + 2\n\\boxed{4}', 'the answer is 4'];
    expect(chooseMajority(texts.map((text, index) => makeCandidate(index, { text })))).toBe(0);
    expect(chooseMajority([makeCandidate(0), makeCandidate(1)])).toBeNull();
  });

  it('takes the first of the highest numbers and null where there is none', () => {
    const scored = [40, null, 90, 90].map((selfScore, index) => makeCandidate(index, { selfScore }));
    expect(chooseHighest(scored, ({ selfScore }) => selfScore)).toBe(2);
    expect(chooseHighest(scored, ({ reward }) => reward)).toBeNull();
  });

  it('counts texts that differ in more than spacing', () => {
    const texts = ['one  answer', 'one answer', 'another'];
    expect(countDistinct(texts.map((text, index) => makeCandidate(index, { text })))).toBe(2);
  });

  it.each([
    ['85', 85],
    ['Score: 70/100', 70],
    ['I would say\n**90**', 90],
    ['120', null],
    ['7.5', null],
    ['very good', null],
    ['', null],
  ])('reads a self-score from %j as %j', (reply, score) => {
    expect(parseSelfScore(reply)).toBe(score);
  });
});

describe('compareArms', () => {
  function makeSelection(gold: readonly number[], changes: Partial<Selection>): Selection {
    return {
      promptId: 'p',
      instruction: 'x',
      checklist: [],
      goldChecklist: [],
      candidates_N: gold.map((goldPassRate, index) => makeCandidate(index, { goldPassRate })),
      failed: 0,
      distinct: gold.length,
      tied: [],
      chosen: null,
      decidedBy: null,
      selfScored: null,
      majority: null,
      rewarded: null,
      greedy: null,
      ...changes,
    };
  }
  const SELECTIONS = [
    makeSelection([0, 1, 1, 0], { tied: [1, 3], chosen: 1, greedy: makeCandidate(0, { goldPassRate: 0 }) }),
    makeSelection([0.5, 0, 0, 0.5], { tied: [0], chosen: 0, greedy: makeCandidate(0, { goldPassRate: 0.5 }) }),
  ];
  const armOf = (keepTies: boolean, arm: string) =>
    compareArms(SELECTIONS, keepTies, OPTIONS).find((entry) => entry.arm === arm);

  it('measures every arm on the same prompts', () => {
    // chosen: 1 and 0.5; greedy: 0 and 0.5; random: mean of [0,1,1,0] and of [0.5,0,0,0.5]; oracle: 1 and 0.5
    expect(armOf(false, 'best-of-n')?.interval?.mean).toBe(0.75);
    expect(armOf(false, 'greedy')?.interval?.mean).toBe(0.25);
    expect(armOf(false, 'random-of-n')?.interval?.mean).toBe(0.375);
    expect(armOf(false, 'oracle-of-n')?.interval?.mean).toBe(0.75);
    expect(armOf(false, 'greedy')?.gainOverArm?.mean).toBe(0.5);
    expect(armOf(false, 'self-score')).toBeUndefined();
  });

  it('leaves a pick without a gold verdict out of the precision instead of counting it as wrong', () => {
    const selection = makeSelection([1, 0], { chosen: 2, tied: [0, 2] });
    const unmeasured = { ...selection, candidates_N: [...selection.candidates_N, makeCandidate(2)] };
    const precisionOf = (keepTies: boolean) =>
      compareArms([unmeasured, ...SELECTIONS], keepTies, OPTIONS).find(({ arm }) => arm === 'best-of-n');
    // One pick: the two measured prompts, both truly best. A set {0, 2}: candidate 0 alone is known, and best.
    expect(precisionOf(false)).toMatchObject({ precision: 1, precisionPrompts: 2 });
    expect(precisionOf(true)?.precisionPrompts).toBe(3);
    expect(precisionOf(true)?.precision).toBeCloseTo((1 + 0.5 + 1) / 3, 12);
  });

  it('counts a kept set of ties with its mean, and its precision as |S∩B| / |S|', () => {
    // prompt 1: S = {1, 3}, B = {1, 2}: mean gold (1 + 0) / 2, precision 1/2; prompt 2: S = {0}, B = {0, 3}: 0.5, precision 1
    expect(armOf(true, 'best-of-n')).toMatchObject({ prompts: 2, precision: 0.75 });
    expect(armOf(true, 'best-of-n')?.interval?.mean).toBe(0.5);
  });
});
