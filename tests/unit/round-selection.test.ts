// Locks what a round trains on: which prompts it draws, what its answers are worth, and what each method takes of them.
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../domain/checklist.ts';
import type { FinishReason } from '../../domain/completion.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedGroup, JudgedRollout } from '../../domain/rollout.ts';
import { countSaturated } from '../../domain/rounds/count-saturated.ts';
import { countMissingPrompts, countUses, drawPrompts } from '../../domain/rounds/draw-prompts.ts';
import { hasRewardSignal, rewardGroup } from '../../domain/rounds/reward-group.ts';
import { countPromptsWithRows, selectRows, type RowRule } from '../../domain/rounds/select-rows.ts';

const ALL = { kind: 'pass-rate', minCoverage: 1 } as const;
const QUESTIONS = ['first?', 'second?'];

function makePrompt(promptId: string): PromptRow {
  const checklist = QUESTIONS.map((question, index) => ({ question, weight: index === 0 ? 100 : 50 }));
  return { promptId, messages: [{ role: 'user', content: 'q' }], checklist };
}

interface Spec {
  /** One letter an item: y, n, or ? for no verdict. */
  readonly verdicts: string;
  readonly text?: string;
  readonly finish?: FinishReason;
  readonly tokens?: readonly number[];
}

function makeGroup(promptId: string, specs: readonly Spec[]): JudgedGroup {
  return { promptId, rollouts_G: specs.map((spec, index) => makeRollout(promptId, spec, index)) };
}

function makeRollout(promptId: string, spec: Spec, sampleIndex: number): JudgedRollout {
  const finishReason = spec.finish ?? 'stop';
  const tokens = spec.tokens ?? [7, 8];
  return {
    promptId,
    sampleIndex,
    seed: sampleIndex,
    policy: 'base:m',
    outcome: { ok: true, text: spec.text ?? `text ${sampleIndex}`, finishReason, rawFinishReason: finishReason },
    sampled: { promptTokenIds_T: [1, 2, 3], tokenIds_T: tokens, logprobs_T: tokens.map(() => -0.5) },
    verdicts_I: spec.verdicts.split('').map(toVerdict),
    passRate: null,
  };
}

function toVerdict(letter: string): Verdict {
  if (letter === '?') return { answer: 'unparsed', by: 'judge', cause: 'empty', reason: '' };
  return { answer: letter === 'y' ? 'yes' : 'no', by: 'judge', reason: '' };
}

function rewarded(promptId: string, ...specs: readonly Spec[]) {
  const prompt = makePrompt(promptId);
  return [prompt, rewardGroup(prompt, makeGroup(promptId, specs), ALL)] as const;
}

const PAIRS: RowRule = {
  kind: 'pairs',
  minMargin: 0.5,
  maxPairsPerPrompt: 1,
  maxLengthRatio: null,
  keepLargestGaps: 1,
};

describe('drawing prompts', () => {
  const set = Array.from({ length: 10 }, (_, index) => ({ promptId: `p${index}` }));
  const drawRounds = (rounds: number, count: number, seed = 1) => {
    const drawn: (typeof set)[] = [];
    for (let round = 0; round < rounds; round += 1) {
      drawn.push([...drawPrompts(set, { seed, uses: countUses(drawn), taken: new Set(), count })]);
    }
    return drawn;
  };

  it('uses every prompt once before any twice, over any number of rounds', () => {
    for (const rounds of [1, 3, 5, 10]) {
      const uses = [...countUses(drawRounds(rounds, 4)).values()];
      // rounds x 4 draws over 10 prompts: each 0.4 x rounds times, rounded up or down.
      expect(uses.reduce((sum, value) => sum + value, 0)).toBe(rounds * 4);
      expect(Math.max(...uses)).toBe(Math.ceil(rounds * 0.4));
      if (rounds * 4 >= 10) expect(uses).toHaveLength(10);
    }
  });

  it('never has a prompt twice in a round, also where the set runs out in its middle', () => {
    for (const round of drawRounds(10, 4)) expect(new Set(round.map(({ promptId }) => promptId)).size).toBe(4);
  });

  it('is the same for the same seed and another one for another seed', () => {
    expect(drawRounds(3, 4)).toEqual(drawRounds(3, 4));
    expect(drawRounds(3, 4, 2)).not.toEqual(drawRounds(3, 4));
  });

  it('leaves out what the round has already and gives what is left', () => {
    const taken = new Set(set.slice(0, 8).map(({ promptId }) => promptId));
    const further = drawPrompts(set, { seed: 1, uses: new Map(), taken, count: 5 });
    expect(further.map(({ promptId }) => promptId).toSorted()).toEqual(['p8', 'p9']);
  });

  it('replaces groups without a signal within its budget', () => {
    const missing = (drawn: number, withSignal: number, budget: number) =>
      countMissingPrompts({ planned: 8, drawn, withSignal, budget });
    expect(missing(8, 5, 10)).toBe(3);
    expect(missing(8, 5, 2)).toBe(2);
    // 3 of a budget of 4 are spent, and 2 signals are missing.
    expect(missing(11, 6, 4)).toBe(1);
    expect(missing(12, 6, 4)).toBe(0);
    expect(missing(10, 8, 10)).toBe(0);
  });
});

describe('rewards', () => {
  const rewardsOf = (options: Parameters<typeof rewardGroup>[2], ...specs: readonly Spec[]) =>
    rewardGroup(makePrompt('p'), makeGroup('p', specs), options).rollouts_G.map(({ reward }) => reward);

  it('follow the kind that the config names', () => {
    expect(rewardsOf(ALL, { verdicts: 'yn' })).toEqual([0.5]);
    // 100 of 150.
    expect(rewardsOf({ kind: 'weighted', minCoverage: 1 }, { verdicts: 'yn' })).toEqual([100 / 150]);
    expect(rewardsOf({ kind: 'all-pass', minCoverage: 1 }, { verdicts: 'yn' }, { verdicts: 'yy' })).toEqual([0, 1]);
  });

  it('are null below the coverage and for answers that the server broke off', () => {
    expect(rewardsOf(ALL, { verdicts: 'y?' }, { verdicts: 'yy', finish: 'other' })).toEqual([null, null]);
    expect(rewardsOf({ kind: 'pass-rate', minCoverage: 0.5 }, { verdicts: 'y?' })).toEqual([1]);
  });

  it('have a signal when two known ones differ', () => {
    expect(hasRewardSignal(rewarded('p', { verdicts: 'yy' }, { verdicts: 'yn' })[1])).toBe(true);
    expect(hasRewardSignal(rewarded('p', { verdicts: 'yn' }, { verdicts: 'ny' })[1])).toBe(false);
    expect(hasRewardSignal(rewarded('p', { verdicts: 'yy' }, { verdicts: '??' })[1])).toBe(false);
  });
});

describe('pairs', () => {
  it('leave out what differs too much in length and say so', () => {
    const rows = [rewarded('p', { verdicts: 'yy', text: 'x'.repeat(31) }, { verdicts: 'nn', text: 'y'.repeat(10) })];
    expect(selectRows({ ...PAIRS, maxLengthRatio: 3 }, rows).counts).toMatchObject({ rows: 0, tooUnequalLength: 1 });
    expect(selectRows({ ...PAIRS, maxLengthRatio: 3.1 }, rows).counts).toMatchObject({ rows: 1, tooUnequalLength: 0 });
  });

  it('keep the share that differs most on one item, ties by margin', () => {
    const groups = [
      rewarded('half', { verdicts: 'yn' }, { verdicts: 'nn' }),
      rewarded('whole', { verdicts: 'yy' }, { verdicts: 'nn' }),
      rewarded('equal', { verdicts: 'yy' }, { verdicts: 'yy' }),
    ];
    const { rows, counts } = selectRows({ ...PAIRS, keepLargestGaps: 0.4 }, groups);
    // 40 % of two pairs is one: both gaps are 1, the margins are 0.5 and 1.
    expect(rows.map(({ promptId }) => promptId)).toEqual(['whole']);
    expect(counts).toMatchObject({ kind: 'pairs', prompts: 3, promptsUsed: 1, rows: 1, allEqual: 1, gapsTooSmall: 1 });
  });
});

describe('the rejected answer of a pair', () => {
  it('says whether it was broken off: its end is then no end of a turn', () => {
    const cut = (finish: FinishReason) =>
      selectRows(PAIRS, [rewarded('p', { verdicts: 'yy' }, { verdicts: 'nn', finish })]).rows[0];
    expect(cut('length')).toMatchObject({ rejectedTruncated: true });
    expect(cut('stop')).toMatchObject({ rejectedTruncated: false });
  });
});

describe('groups', () => {
  it('come whole, with tokens, rewards and unscored answers, and equal ones are left out', () => {
    const groups = [
      rewarded('a', { verdicts: 'yy', tokens: [4] }, { verdicts: 'nn', finish: 'length' }, { verdicts: '??' }),
      rewarded('b', { verdicts: 'yn' }, { verdicts: 'ny' }),
      rewarded('c', { verdicts: '??' }, { verdicts: 'yy' }),
    ];
    const { rows, counts } = selectRows({ kind: 'groups', keepsFlat: false }, groups);
    expect(counts).toMatchObject({ kind: 'groups', rows: 1, allEqual: 1, tooFewJudged: 1 });
    expect(rows[0]).toMatchObject({
      promptId: 'a',
      promptTokenIds: [1, 2, 3],
      completions: [
        { tokenIds: [4], logprobs: [-0.5], reward: 1, truncated: false },
        { tokenIds: [7, 8], reward: 0, truncated: true },
        { reward: null },
      ],
    });
    expect(countPromptsWithRows({ kind: 'groups', keepsFlat: true }, groups)).toBe(2);
  });

  it('that are kept flat are left out all the same where every reward of the round is equal', () => {
    const rule = { kind: 'groups', keepsFlat: true } as const;
    const none = [
      rewarded('a', { verdicts: 'nn' }, { verdicts: 'nn' }),
      rewarded('b', { verdicts: 'nn' }, { verdicts: 'nn' }),
    ];
    expect(selectRows(rule, none).counts).toMatchObject({ rows: 0, promptsUsed: 0, allEqual: 2, gapsTooSmall: 0 });
    const some = [...none, rewarded('c', { verdicts: 'yy' }, { verdicts: 'yy' })];
    expect(selectRows(rule, some).counts).toMatchObject({ rows: 3, allEqual: 0 });
  });

  it('are refused without the tokens that were drawn', () => {
    const [prompt, { rollouts_G }] = rewarded('a', { verdicts: 'yy' }, { verdicts: 'nn' });
    const [first, second] = rollouts_G.map(({ sampled: _sampled, ...rollout }) => rollout);
    const [kept] = rollouts_G;
    if (first === undefined || second === undefined || kept === undefined) throw new Error('two rollouts are given');
    const mixed = { promptId: 'a', rollouts_G: [kept, second] };
    expect(() => selectRows({ kind: 'groups', keepsFlat: false }, [[prompt, mixed]])).toThrow('without its token ids');
  });
});

describe('answers to imitate', () => {
  it('are good enough, whole, each text once, and capped', () => {
    const groups = [
      rewarded(
        'a',
        { verdicts: 'yy', text: 'Same  text' },
        { verdicts: 'yy', text: 'same text ' },
        { verdicts: 'yy', text: 'cut off', finish: 'length' },
        { verdicts: 'yn', text: 'half good' },
        { verdicts: 'yy', text: 'another' },
        { verdicts: 'yy', text: 'a third' },
      ),
      rewarded('b', { verdicts: 'yn' }),
      rewarded('c', { verdicts: '??' }),
    ];
    const { rows, counts } = selectRows({ kind: 'answers', minReward: 1, maxAnswersPerPrompt: 2 }, groups);
    expect(rows.map((row) => ('completion' in row ? row.completion[0]?.content : ''))).toEqual([
      'Same  text',
      'another',
    ]);
    expect(counts).toMatchObject({ rows: 2, promptsUsed: 1, duplicates: 1, noneGoodEnough: 1, tooFewJudged: 1 });
  });
});

describe('saturation', () => {
  it('counts items that every answer meets among those with two verdicts', () => {
    const row = [
      makePrompt('a'),
      makeGroup('a', [{ verdicts: 'yy' }, { verdicts: 'yn' }, { verdicts: 'y?' }]),
    ] as const;
    const lone = [makePrompt('b'), makeGroup('b', [{ verdicts: 'yy' }])] as const;
    expect(countSaturated([row, lone])).toEqual({ itemsJudged: 2, itemsSaturated: 1 });
  });
});
