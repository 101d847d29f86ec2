import { describe, expect, it } from 'vitest';
import { describeJudging } from '../../domain/report/who-judges.ts';

describe('describeJudging', () => {
  const policy = { baseUrl: 'http://127.0.0.1:8011', model: 'small' };
  const facts = {
    policy,
    judges: [policy],
    goldJudges: [],
    judgeDecided: true,
    measured: true,
    goldJudgeDecided: false,
  };
  const other = { baseUrl: 'http://127.0.0.1:8012', model: 'small' };

  it('calls it self-judged when judge and policy are the same model at the same address', () => {
    expect(describeJudging({ ...facts, judges: [{ ...policy, baseUrl: `${policy.baseUrl}/` }] }).steeredBy).toBe(
      'policy',
    );
    expect(describeJudging({ ...facts, judges: [other] }).steeredBy).toBe('other');
    expect(describeJudging({ ...facts, judges: [other, policy] }).steeredBy).toBe('partly-policy');
    expect(describeJudging({ ...facts, judgeDecided: false }).steeredBy).toBe('code');
  });

  it('says who measures, and when it is whoever steers', () => {
    const gold = { ...facts, goldJudgeDecided: true, judges: [other] };
    expect(describeJudging({ ...gold, goldJudges: [other] }).measuredBy).toBe('steering-judge');
    expect(describeJudging({ ...gold, goldJudges: [policy] }).measuredBy).toBe('policy');
    expect(describeJudging({ ...gold, goldJudges: [{ ...other, model: 'large' }] }).measuredBy).toBe('other');
    expect(describeJudging(facts).measuredBy).toBe('code');
    expect(describeJudging({ ...gold, measured: false }).measuredBy).toBe('nothing');
  });
});
