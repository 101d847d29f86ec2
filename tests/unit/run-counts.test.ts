import { describe, expect, it } from 'vitest';
import { addCounts, goldCounts, meanPassRate, NO_COUNTS, type RolloutCounts } from '../../domain/run.ts';

const ONE: RolloutCounts = {
  calls: 1,
  rollouts: 2,
  failed: 3,
  truncated: 4,
  looped: 16,
  yes: 5,
  no: 6,
  unparsed: 7,
  passRateSum: 1.5,
  passRateCount: 2,
  promptTokens: 10,
  completionTokens: 11,
  judgeCalls: 12,
  judgePromptTokens: 13,
  judgeCompletionTokens: 14,
  unreportedUsage: 15,
};

describe('addCounts', () => {
  it('adds every count', () => {
    expect(addCounts(ONE, ONE)).toEqual({
      calls: 2,
      rollouts: 4,
      failed: 6,
      truncated: 8,
      looped: 32,
      yes: 10,
      no: 12,
      unparsed: 14,
      passRateSum: 3,
      passRateCount: 4,
      promptTokens: 20,
      completionTokens: 22,
      judgeCalls: 24,
      judgePromptTokens: 26,
      judgeCompletionTokens: 28,
      unreportedUsage: 30,
    });
  });

  it('changes nothing when nothing is added', () => {
    expect(addCounts(NO_COUNTS, ONE)).toEqual(ONE);
    expect(addCounts(ONE, NO_COUNTS)).toEqual(ONE);
  });
});

describe('counts of gold verdicts', () => {
  it('stand apart from those of the judge, and are added where there are any', () => {
    const gold = goldCounts(ONE);
    expect(gold).toMatchObject({ rollouts: 0, yes: 0, no: 0, unparsed: 0, judgeCalls: 12 });
    expect(gold.gold).toEqual({ decided: 11, unparsed: 7 });
    expect(addCounts(addCounts(ONE, gold), gold).gold).toEqual({ decided: 22, unparsed: 14 });
    expect(addCounts(ONE, ONE)).not.toHaveProperty('gold');
  });
});

describe('counts of a run that was begun when loops were not counted', () => {
  it('are added as if there were none', () => {
    const { looped: _, ...before } = ONE;
    expect(addCounts(before, ONE).looped).toBe(16);
    expect(addCounts(before, before).looped).toBe(0);
  });
});

describe('meanPassRate', () => {
  it('divides by the rollouts that have a pass rate, not by all', () => {
    expect(meanPassRate(ONE)).toBe(0.75);
  });

  it('is null, not zero, when nothing was decided', () => {
    expect(meanPassRate({ ...NO_COUNTS, rollouts: 8, unparsed: 8 })).toBeNull();
  });
});
