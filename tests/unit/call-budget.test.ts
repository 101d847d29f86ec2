import { describe, expect, it } from 'vitest';
import { refineBudget } from '../../domain/report/call-budget.ts';
import { makeCalls } from '../support/make-loop-report.ts';

describe('refineBudget', () => {
  it('compares the calls of STICK, without measuring and without the baseline, with 1 + 1 + T (K V + 1)', () => {
    const calls = [
      makeCalls('data/prompts/checklists', 4),
      makeCalls('answer/rollouts', 4),
      makeCalls('answer/judged', 12),
      makeCalls('answer/gold', 100),
      makeCalls('refine/turn-001/rollouts', 3),
      makeCalls('refine/turn-001/judged', 9),
      makeCalls('refine/turn-001/gold', 100),
      makeCalls('self-refine/turn-001/rollouts', 100),
    ];
    // 4 + 4 + 12 + 3 + 9 = 32 calls for 4 prompts; K = (2 + 4) / 2 = 3, V = 3, T = 4: 2 + 4 * (3 * 3 + 1) = 42
    expect(refineBudget({ calls, prompts: 4, itemCounts: [2, 4], votes: 3, size: 4 })).toEqual({
      prompts: 4,
      sent: 32,
      perPrompt: 8,
      formula: 42,
      items: 3,
      votes: 3,
      size: 4,
    });
    expect(refineBudget({ calls: [], prompts: 0, itemCounts: [], votes: 1, size: 4 })).toMatchObject({
      perPrompt: null,
      formula: null,
    });
  });
});
