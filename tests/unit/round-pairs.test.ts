import { describe, expect, it } from 'vitest';

import type { Verdict } from '../../domain/checklist.ts';
import type { FinishReason } from '../../domain/completion.ts';
import { DataError } from '../../domain/errors.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { RewardedGroup, RewardedRollout } from '../../domain/rounds/reward-group.ts';
import { selectPairs } from '../../domain/rounds/select-pairs.ts';

const prompt: PromptRow = { promptId: 'p', messages: [{ role: 'user', content: 'q' }], checklist: [] };
const options = { minMargin: 0.25, maxPairsPerPrompt: 1, maxLengthRatio: null };

interface Spec {
  readonly rate: number | null;
  readonly text?: string;
  readonly finish?: FinishReason;
  readonly unparsed?: boolean;
  readonly failed?: boolean;
  readonly policy?: string;
}

function group(...specs: readonly Spec[]): RewardedGroup {
  return { promptId: 'p', rollouts_G: specs.map(toRollout) };
}

function toRollout(spec: Spec, sampleIndex: number): RewardedRollout {
  const decided: Verdict = { answer: 'yes', by: 'code', reason: '' };
  const undecided: Verdict = { answer: 'unparsed', by: 'judge', cause: 'empty', reason: '' };
  const finishReason = spec.finish ?? 'stop';
  return {
    promptId: 'p',
    sampleIndex,
    seed: sampleIndex,
    policy: spec.policy ?? 'base:m',
    outcome: spec.failed
      ? { ok: false, code: 'model-server/prompt-too-long', message: '' }
      : { ok: true, text: spec.text ?? `text ${sampleIndex}`, finishReason, rawFinishReason: finishReason },
    verdicts_I: spec.unparsed ? [decided, undecided] : [decided],
    passRate: spec.rate,
    reward: spec.unparsed || spec.failed || finishReason === 'abort' || finishReason === 'other' ? null : spec.rate,
  };
}

function indexes(selection: ReturnType<typeof selectPairs>): number[][] {
  return selection.pairs.map((pair) => [pair.chosenSampleIndex, pair.rejectedSampleIndex]);
}

describe('selectPairs', () => {
  it('pairs the best with the worst', () => {
    expect(selectPairs(prompt, group({ rate: 0.5 }, { rate: 0.25 }, { rate: 1 }), options)).toEqual({
      pairs: [
        {
          promptId: 'p',
          prompt: [{ role: 'user', content: 'q' }],
          chosen: [{ role: 'assistant', content: 'text 2' }],
          rejected: [{ role: 'assistant', content: 'text 1' }],
          chosenSampleIndex: 2,
          rejectedSampleIndex: 1,
          rejectedTruncated: false,
          chosenReward: 1,
          rejectedReward: 0.25,
          margin: 0.75,
          largestItemGap: 0,
          policy: 'base:m',
        },
      ],
    });
  });

  it('uses no rollout twice in further pairs', () => {
    const rated = group({ rate: 0 }, { rate: 1 }, { rate: 0.2 }, { rate: 0.8 }, { rate: 0.5 });
    expect(indexes(selectPairs(prompt, rated, { minMargin: 0.1, maxPairsPerPrompt: 9, maxLengthRatio: null }))).toEqual(
      [
        [1, 0],
        [3, 2],
      ],
    );
  });

  it('breaks ties by finish, then by sample index, never by length', () => {
    const tied = group(
      { rate: 1, text: 'a very long answer', finish: 'stop' },
      { rate: 1, text: 'x' },
      { rate: 0, text: 'cut', finish: 'length' },
      { rate: 0, text: 'whole' },
    );
    expect(indexes(selectPairs(prompt, tied, options))).toEqual([[0, 2]]);
  });

  it('never chooses an answer that was cut off, but may reject it', () => {
    const cut = group({ rate: 1, finish: 'length' }, { rate: 0.5 }, { rate: 0, finish: 'length' });
    expect(indexes(selectPairs(prompt, cut, options))).toEqual([[1, 2]]);
  });

  it('leaves out rollouts that failed, were broken off by the server or have an unparsed verdict', () => {
    const rated = group(
      { rate: null, failed: true },
      { rate: 1, unparsed: true },
      { rate: 0, finish: 'abort' },
      { rate: 0.75 },
      { rate: 0.5 },
    );
    expect(indexes(selectPairs(prompt, rated, options))).toEqual([[3, 4]]);
  });

  it('takes a margin of exactly the smallest one, rounding of quotients aside', () => {
    const third = { minMargin: 1 / 3, maxPairsPerPrompt: 1, maxLengthRatio: null };
    expect(indexes(selectPairs(prompt, group({ rate: 1 }, { rate: 2 / 3 }), third))).toEqual([[0, 1]]);
  });

  it('pairs no two equal texts', () => {
    const same = group({ rate: 1, text: 'same' }, { rate: 0, text: ' same\n' }, { rate: 0.5, text: 'other' });
    expect(indexes(selectPairs(prompt, same, options))).toEqual([[0, 2]]);
  });

  it('says why there is no pair', () => {
    expect(selectPairs(prompt, group({ rate: 1 }, { rate: 1 }), options)).toEqual({ pairs: [], reason: 'all-equal' });
    expect(selectPairs(prompt, group({ rate: 1 }, { rate: 0.9 }), options)).toEqual({
      pairs: [],
      reason: 'margin-too-small',
    });
    expect(selectPairs(prompt, group({ rate: 1 }), options)).toEqual({ pairs: [], reason: 'too-few-judged' });
    expect(selectPairs(prompt, group(), options)).toEqual({ pairs: [], reason: 'too-few-judged' });
    const allCut = group({ rate: 1, finish: 'length' }, { rate: 0, finish: 'length' });
    expect(selectPairs(prompt, allCut, options)).toEqual({ pairs: [], reason: 'too-few-judged' });
  });

  it('refuses rollouts of different policies, usable or not', () => {
    const mixed = group({ rate: 1 }, { rate: null, failed: true, policy: 'r1@abc' });
    expect(() => selectPairs(prompt, mixed, options)).toThrow(
      expect.objectContaining({ code: 'data/mixed-policy-versions' }),
    );
  });

  it('refuses the rollouts of another prompt', () => {
    expect(() => selectPairs({ ...prompt, promptId: 'q' }, group(), options)).toThrow(DataError);
  });
});
