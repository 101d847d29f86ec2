// Locks when a round is let through, rolled back, stopped or shown to a person, and which version a run returns.
import { describe, expect, it } from 'vitest';
import { gatesConfig } from '../../configs/schema/gates.ts';
import { onlineDpoConfig } from '../../configs/schema/online-dpo.ts';
import { requestApproval } from '../../domain/gates/approval-request.ts';
import { findBestRound } from '../../domain/gates/best-version.ts';
import { decideRound, settleRound } from '../../domain/gates/decide-round.ts';
import type { GateRules } from '../../domain/gates/gate-rules.ts';
import { drawPositions, estimateKl, summarizeKl } from '../../domain/gates/estimate-kl.ts';
import { measureDistinctness, measureLength } from '../../domain/gates/measure-answers.ts';
import type { RoundMeasures } from '../../domain/gates/round-measures.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';

const OPEN = gatesConfig.parse({});

function measures(changes: Partial<RoundMeasures> = {}): RoundMeasures {
  return {
    round: 2,
    bestRound: 1,
    measuredBy: 'gold',
    heldOutChange: { mean: 0.05, low: -0.02, high: 0.12, n: 40 },
    judgeLead: { mean: 0.02, low: -0.03, high: 0.07, n: 40 },
    lengthChars: { mean: 120, n: 80 },
    baseLengthChars: { mean: 100, n: 80 },
    saturation: { itemsJudged: 50, itemsSaturated: 10 },
    distinctness: { mean: 0.8, n: 40 },
    baseDistinctness: { mean: 0.9, n: 40 },
    kl: null,
    tasks: null,
    ...changes,
  };
}

function decide(gates: Partial<GateRules>, changes: Partial<RoundMeasures> = {}) {
  return decideRound(measures(changes), { ...OPEN, ...gates });
}

describe('gates', () => {
  it('are open where the config names none', () => {
    expect(decide({})).toEqual({ round: 2, decision: 'accept', findings: [] });
  });

  it('take a fall of the held-out rate for certain only when the whole interval lies below the limit', () => {
    const { heldOut } = gatesConfig.parse({ heldOut: { maxDrop: 0.02 } });
    const unsure = { heldOutChange: { mean: -0.05, low: -0.12, high: -0.01, n: 40 } };
    const certain = { heldOutChange: { mean: -0.08, low: -0.13, high: -0.03, n: 40 } };
    expect(decide({ heldOut }, unsure).decision).toBe('accept');
    expect(decide({ heldOut }, certain).decision).toBe('roll-back');
    const byMean = gatesConfig.parse({ heldOut: { maxDrop: 0.02, evidence: 'mean' } }).heldOut;
    expect(decide({ heldOut: byMean }, unsure).decision).toBe('roll-back');
  });

  it('catch a judge that pays for length: its rate rises, the gold rate does not', () => {
    const { goldGap } = gatesConfig.parse({ goldGap: { maxGap: 0.1 } });
    const gamed = { judgeLead: { mean: 0.3, low: 0.22, high: 0.38, n: 40 } };
    const decided = decide({ goldGap }, gamed);
    expect(decided.decision).toBe('wait');
    expect(decided.findings[0]).toEqual({
      gate: 'goldGap',
      passed: false,
      measured: 0.3,
      limit: 0.1,
      onFail: 'wait',
      text: "Since the base, the judge's rate rose by +0.300 more than the gold rate, interval +0.220 to +0.380 over 40 prompts; the whole interval must not lie above +0.100.",
    });
  });

  it('measure length both ways', () => {
    const { length } = gatesConfig.parse({ length: { maxRatio: 1.5 } });
    const decideLength = (mean: number) => decide({ length }, { lengthChars: { mean, n: 80 } }).decision;
    expect([150, 151, 67, 66].map(decideLength)).toEqual(['accept', 'wait', 'accept', 'wait']);
  });

  it('stop when nothing is left to learn, and wait when the answers grow alike', () => {
    const { saturation, distinctness } = gatesConfig.parse({ saturation: {}, distinctness: {} });
    const learned = { saturation: { itemsJudged: 50, itemsSaturated: 46 } };
    expect(decide({ saturation }, learned).decision).toBe('stop');
    // 0.6 of 0.9 is 0.667, less than 0.7.
    expect(decide({ distinctness }, { distinctness: { mean: 0.6, n: 40 } }).decision).toBe('wait');
  });

  it('hold the divergence from the base against its limit by k3', () => {
    const { kl } = gatesConfig.parse({ kl: { maxNats: 0.05 } });
    const measured = (low: number) => ({
      reference: 'base:m',
      k1: { mean: 0.06, low: 0.02, high: 0.1, n: 40 },
      k3: { mean: 0.07, low, high: 0.09, n: 40 },
      answers: 80,
      tokens: 1280,
    });
    expect(decide({ kl }, { kl: measured(0.04) }).decision).toBe('accept');
    expect(decide({ kl }, { kl: measured(0.06) }).findings[0]).toEqual({
      gate: 'kl',
      passed: false,
      measured: 0.07,
      limit: 0.05,
      onFail: 'wait',
      text: 'KL from base:m is 0.0700 nats a token (k3; k1 0.0600), interval 0.0600 to 0.0900 over 40 prompts, 1280 tokens of 80 answers; the whole interval must not lie above 0.05.',
    });
    expect(decide({ kl }).findings[0]).toMatchObject({ passed: false, measured: null });
  });

  it('hold answers to tasks against those of the initial policy, by score or by reward', () => {
    const rule = (measure: 'score' | 'reward', maxDrop: number) =>
      gatesConfig.parse({ wildbench: { measure, maxDrop } }).wildbench;
    const scores = {
      interval: { mean: 2, low: 1, high: 3, n: 50 },
      change: { mean: -0.8, low: -1.4, high: -0.3, n: 48 },
      unreadable: 1,
      empty: 0,
      truncated: 0,
      missing: 1,
    };
    const reward = {
      reward: -0.2,
      low: -0.35,
      high: -0.05,
      tasks: 49,
      lengthPenaltyChars: 500,
      counts: { win_much: 0, win: 10, tie: 40, lose: 38, lose_much: 6 },
      counted: 94,
      unreadable: 2,
      dropped: 2,
      missing: 2,
      consistency: { bothOrders: 46, sameWinner: 40, sameOutcome: 35 },
    };
    const tasks = { tasks: 50, initialRound: 0, scores, reward };
    expect(decide({ wildbench: rule('score', 0.3) }, { tasks }).decision).toBe('accept');
    expect(decide({ wildbench: rule('score', 0.2) }, { tasks }).findings[0]).toEqual({
      gate: 'wildbench',
      passed: false,
      measured: -0.8,
      limit: -0.2,
      onFail: 'roll-back',
      text: 'WB-Score changed by -0.800 (of -8 to 10) from the initial policy, interval -1.400 to -0.300 over 48 tasks; the whole interval must not lie below -0.200.',
    });
    expect(decide({ wildbench: rule('reward', 0.1) }, { tasks }).decision).toBe('accept');
    expect(decide({ wildbench: rule('reward', 0) }, { tasks }).findings[0]?.text).toBe(
      'WB-Reward against the initial policy is -0.200 (of -1 to 1), interval -0.350 to -0.050 over 49 tasks; the whole interval must not lie below 0.000.',
    );
    expect(decide({ wildbench: rule('reward', 0) }).findings[0]).toMatchObject({ passed: false, measured: null });
  });

  it('do not pass what could not be measured', () => {
    const rules = gatesConfig.parse({ heldOut: {}, goldGap: {}, length: {}, saturation: {}, distinctness: {} });
    const nothing = decide(rules, {
      heldOutChange: null,
      judgeLead: null,
      lengthChars: null,
      saturation: { itemsJudged: 0, itemsSaturated: 0 },
      distinctness: null,
    });
    expect(nothing.findings.map(({ gate, passed, measured }) => [gate, passed, measured])).toEqual([
      ['heldOut', false, null],
      ['goldGap', false, null],
      ['length', false, null],
      ['saturation', false, null],
      ['distinctness', false, null],
    ]);
  });

  it('let a person decide where gold measures and decided nothing, whatever a failure would lead to', () => {
    const { heldOut, goldGap } = gatesConfig.parse({ heldOut: {}, goldGap: { onFail: 'stop' } });
    const unmeasured = { heldOutChange: null, judgeLead: null };
    expect(decide({ heldOut, goldGap }, unmeasured)).toEqual({
      round: 2,
      decision: 'wait',
      findings: [
        {
          gate: 'heldOut',
          passed: false,
          measured: null,
          limit: -0,
          onFail: 'wait',
          text: 'Gold decided no held-out prompt both for this round and for round 1: see why, then approve the round or reject it.',
        },
        {
          gate: 'goldGap',
          passed: false,
          measured: null,
          limit: 0.1,
          onFail: 'wait',
          text: 'No held-out prompt has both a judge rate and a gold rate, for this round and for the base: see why, then approve the round or reject it.',
        },
      ],
    });
    expect(decide({ heldOut }, { ...unmeasured, measuredBy: 'judge' }).decision).toBe('roll-back');
  });

  it('let stopping weigh more than waiting, and waiting more than rolling back', () => {
    const fails = { heldOutChange: { mean: -0.1, low: -0.2, high: -0.05, n: 40 } };
    const heldOut = { maxDrop: 0, evidence: 'interval', onFail: 'roll-back' } as const;
    const saturation = { maxShare: 0.1, onFail: 'stop' } as const;
    expect(decide({ heldOut, askEveryRound: true }, fails).decision).toBe('wait');
    expect(decide({ heldOut, askEveryRound: true, saturation }, fails).decision).toBe('stop');
  });

  it('show what failed before what passed', () => {
    const { heldOut } = gatesConfig.parse({ heldOut: {} });
    const { round, lines } = requestApproval(decide({ heldOut, askEveryRound: true }));
    expect(round).toBe(2);
    expect(lines).toEqual([
      'approval FAILED: gates.askEveryRound: a person looks at every round.',
      'heldOut passed: Held-out gold rate changed by +0.050 from round 1, interval -0.020 to +0.120 over 40 prompts; the whole interval must not lie below 0.000.',
    ]);
  });

  it('give a person the last word only where the round waits', () => {
    expect(settleRound('wait', 'approve')).toBe('accepted');
    expect(settleRound('wait', 'reject')).toBe('rolled-back');
    expect([
      settleRound('accept', undefined),
      settleRound('roll-back', 'approve'),
      settleRound('stop', 'approve'),
    ]).toEqual(['accepted', 'rolled-back', 'stopped']);
  });
});

describe('the best version', () => {
  const version = (round: number, mean: number | null, accepted = true) => ({ round, mean, accepted });

  it('is the one with the highest rate among those accepted, the earliest of equals', () => {
    expect(findBestRound([version(0, 0.3), version(1, 0.5), version(2, 0.5), version(3, 0.4)])).toBe(1);
    expect(findBestRound([version(0, 0.3), version(1, 0.9, false), version(2, 0.4)])).toBe(2);
  });

  it('is the base when nothing was measured or nothing is better', () => {
    expect(findBestRound([version(0, null)])).toBe(0);
    expect(findBestRound([version(0, 0.5), version(1, 0.4), version(2, null)])).toBe(0);
  });
});

describe('measures of answers', () => {
  const group = (...texts: readonly string[]): JudgedGroup => ({
    promptId: 'p',
    rollouts_G: texts.map((text, sampleIndex) => ({
      promptId: 'p',
      sampleIndex,
      seed: 0,
      policy: 'base:m',
      outcome: { ok: true, text, finishReason: 'stop', rawFinishReason: 'stop' },
      verdicts_I: [],
      passRate: null,
    })),
  });

  it('are the mean length and the share of distinct word pairs', () => {
    expect(measureLength([group('abcd', ' ab '), group('abc')])).toEqual({ mean: 3, n: 3 });
    // "a b c" twice: 2 distinct of 4 pairs; "d e": 1 of 1.
    expect(measureDistinctness([group('a b c', 'A b, c'), group('d e'), group('word')])).toEqual({ mean: 0.75, n: 2 });
    expect([measureLength([]), measureDistinctness([])]).toEqual([null, null]);
  });
});

describe('estimates of the divergence', () => {
  it('are exact means over tokens, of which k3 is never negative', () => {
    // Log-ratios log(p_ref / p): ln 0.5 and ln 1.5, so r is 0.5 and 1.5.
    const { k1, k3 } = estimateKl([0, 0], [Math.log(0.5), Math.log(1.5)]);
    expect(k1).toBeCloseTo(-(Math.log(0.5) + Math.log(1.5)) / 2, 12);
    // (0.5 - 1 + 0.693 + 1.5 - 1 - 0.405) / 2: the mean of r is 1, so it equals k1 here.
    expect(k3).toBeCloseTo(k1, 12);
    expect(estimateKl([-1], [-0.5])).toEqual({ k1: -0.5, k3: Math.expm1(0.5) - 0.5 });
    expect(estimateKl([-1, -2], [-1, -2])).toEqual({ k1: 0, k3: 0 });
  });

  it('ask about the same tokens each time, each once, and about all of a short answer', () => {
    const place = { seed: 1, promptId: 'p', sampleIndex: 0 };
    const drawn = drawPositions(100, 16, place);
    expect(drawn).toEqual(drawPositions(100, 16, place));
    expect(new Set(drawn).size).toBe(16);
    expect(drawPositions(100, 16, { ...place, sampleIndex: 1 })).not.toEqual(drawn);
    expect(drawPositions(3, 16, place)).toEqual([0, 1, 2]);
  });

  it('weigh prompts alike, however many answers they have', () => {
    const answer = (promptId: string, sampleIndex: number, k3: number) => ({
      promptId,
      sampleIndex,
      tokens: 4,
      k1: 0,
      k3,
    });
    const measure = summarizeKl('base:m', [answer('a', 0, 0.1), answer('a', 1, 0.3), answer('b', 0, 0.6)], {
      resamples: 100,
      confidence: 0.95,
      seed: 1,
    });
    // (0.2 + 0.6) / 2
    expect(measure).toMatchObject({ reference: 'base:m', k3: { mean: 0.4, n: 2 }, answers: 3, tokens: 12 });
  });
});

describe('a config of rounds', () => {
  const parse = (changes: object) =>
    onlineDpoConfig.safeParse({
      loop: 'online-dpo',
      data: { train: 'a.jsonl', heldOut: 'b.jsonl' },
      policy: { baseUrl: 'http://127.0.0.1:8011', model: 'm', modelPath: 'm' },
      ...changes,
    });
  const firstIssue = (changes: object) => parse(changes).error?.issues[0];

  it('trains by DPO where no method is named', () => {
    expect(parse({}).data?.training?.method).toBe('dpo');
    expect(parse({ training: { learningRate: 1e-3 } }).data?.training).toMatchObject({ method: 'dpo', beta: 0.1 });
    expect(parse({ training: null }).data?.training).toBeNull();
  });

  it('refuses fields of another method', () => {
    expect(firstIssue({ training: { method: 'rest-em', beta: 0.1 } })?.message).toContain('beta');
  });

  it('refuses shaped sampling where the sampler’s log-probabilities count', () => {
    const training = { method: 'grpo' };
    expect(firstIssue({ training, sampling: { temperature: 0.7 } })?.path).toEqual(['sampling', 'temperature']);
    expect(firstIssue({ training, sampling: { topP: 0.9 } })?.path).toEqual(['sampling', 'topP']);
    expect(parse({ training: { method: 'reinforce' }, sampling: { temperature: 0.7 } }).success).toBe(true);
  });

  it('refuses a gold gate where code decides everything', () => {
    expect(firstIssue({ gates: { goldGap: {} } })?.path).toEqual(['gates', 'goldGap']);
  });
});
