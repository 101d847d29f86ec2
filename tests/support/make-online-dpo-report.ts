import type { Verdict } from '../../domain/checklist.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedRollout } from '../../domain/rollout.ts';
import type {
  CurvePoint,
  OnlineDpoReport,
  ReportEvaluation,
  ReportRound,
  ReportSample,
} from '../../domain/report/online-dpo/online-dpo-report.ts';

const hash = (digit: string): string => digit.repeat(64);
const STAMPS = ['base:smol-360m', 'lab-r1@1111111111111111', 'lab-r2@2222222222222222'] as const;

/** A report as a whole run leaves it: base and two rounds, ten samples. */
export function makeOnlineDpoReport(overrides: Partial<OnlineDpoReport> = {}): OnlineDpoReport {
  return {
    formatVersion: 1,
    loop: 'online-dpo',
    method: 'dpo',
    bestRound: 2,
    ruler: 'judge',
    runName: 'checklist-lab',
    status: 'done',
    statusReason: null,
    config: { loop: 'online-dpo', seed: 7, rounds: 2, sampling: { temperature: 1, samplesPerPrompt: 4 } },
    configHash: hash('c'),
    seed: 7,
    confidence: 0.95,
    timing: { startedAt: '2026-03-04T09:15:02.120Z', finishedAt: '2026-03-04T10:02:41.000Z', seconds: 2859 },
    evaluations: [
      makeEvaluation(0, 0.2625, 0.175, 0.35, 4),
      makeEvaluation(1, 0.3875, 0.2875, 0.4875, 2),
      makeEvaluation(2, 0.4688, 0.3688, 0.575, 3),
    ],
    differences: [
      { round: 1, interval: { mean: 0.125, low: 0.0313, high: 0.2188, n: 40 } },
      { round: 2, interval: { mean: 0.2063, low: 0.1, high: 0.3125, n: 40 } },
    ],
    rounds: [makeRound(1, 0.281, 118), makeRound(2, 0.402, 131)],
    calls: [
      { stage: 'evaluate', sent: 120, answered: 120, failed: 0, lost: 0, promptTokens: 7920, completionTokens: 21_340 },
      {
        stage: 'sample',
        sent: 486,
        answered: 480,
        failed: 2,
        lost: 4,
        promptTokens: 31_680,
        completionTokens: 176_412,
      },
      {
        stage: 'judge',
        sent: 1212,
        answered: 1204,
        failed: 3,
        lost: 5,
        promptTokens: 412_903,
        completionTokens: 48_160,
      },
    ],
    samples: Array.from({ length: 10 }, (_, index) => makeSample(index)),
    moreArtifacts: [],
    artifacts: [
      { name: 'checklist-lab/prompts/train', step: 'prepare', contentHash: hash('a'), rows: 240 },
      { name: 'checklist-lab/round-001/rollouts', step: 'respond', contentHash: hash('b'), rows: 960 },
      { name: 'checklist-lab/round-001/judged', step: 'judge', contentHash: hash('d'), rows: 240 },
      { name: 'checklist-lab/round-001/pairs', step: 'select-pairs', contentHash: hash('e'), rows: 118 },
    ],
    ...overrides,
  };
}

function makeEvaluation(
  round: 0 | 1 | 2,
  mean: number,
  low: number,
  high: number,
  truncated: number,
): ReportEvaluation {
  return {
    round,
    policyStamp: STAMPS[round],
    interval: { mean, low, high, n: 40 },
    gold: null,
    rates: Array.from({ length: 40 }, (_, prompt) => [`p${prompt}`, mean]),
    prompts: 40,
    completions: 80,
    failed: 0,
    truncated,
    looped: 0,
    unparsed: 0,
    undecided: { count: 0, of: 80 },
    kl: null,
    tasks: null,
    byKind: [
      { kind: 'bullet_list', yes: 6 + 5 * round, decided: 40 },
      { kind: 'length_words', yes: 21 + 8 * round, decided: 80 },
      { kind: 'judge', yes: 15 + 4 * round, decided: 40 },
    ],
  };
}

function makeRound(round: 1 | 2, meanPassRate: number, pairs: number): ReportRound {
  return {
    round,
    rollouts: 960,
    failed: 2,
    truncated: 31,
    looped: 0,
    unparsed: 7,
    meanPassRate,
    kind: 'pairs',
    prompts: 240,
    extraPrompts: 0,
    promptsUsed: pairs,
    rows: pairs,
    allEqual: 83,
    marginTooSmall: 240 - 83 - 2 - pairs,
    tooUnequalLength: 0,
    tooFewJudged: 2,
    noneGoodEnough: 0,
    gapsTooSmall: 0,
    duplicates: 0,
    itemsJudged: 480,
    itemsSaturated: 60,
    gates: { decision: 'accept', findings: [], answer: null, outcome: 'accepted' },
    training: {
      steps: 30,
      rows: pairs - 1,
      dropped: 1,
      finalLoss: 0.512,
      finalMargin: 0.61,
      trainSeconds: 402.4,
      resumedFromStep: round === 2 ? 10 : null,
    },
    publish: {
      adapterHash: hash(String(round)),
      meanChange: 0.0731,
      meanDisagreement: 0.0042,
      servedModel: `checklist-lab-r${round}`,
    },
    curve: Array.from({ length: 30 }, (_, index) => makeCurvePoint(index + 1)),
  };
}

function makeCurvePoint(step: number): CurvePoint {
  const wobble = ((step * 7) % 5) / 60;
  return { step, loss: 0.69 - 0.006 * step + wobble, margin: 0.02 * step + wobble, accuracy: 0.5 + step / 100 };
}

/** A sample with four rollouts, one of them failed; every third prompt gives no pair. */
export function makeSample(index: number, overrides: Partial<ReportSample> = {}): ReportSample {
  const noPair = index % 3 === 2;
  return {
    round: 1,
    prompt: makePrompt(index),
    rollouts_G: [
      makeRollout(index, 0, 'yes', 'yes'),
      makeRollout(index, 1, noPair ? 'yes' : 'no', noPair ? 'yes' : 'no'),
      makeRollout(index, 2, 'yes', noPair ? 'yes' : 'unparsed'),
      {
        ...makeRollout(index, 3, 'no', 'no'),
        outcome: { ok: false, code: 'model-server/timeout', message: 'no answer within 300 s' },
        verdicts_I: [],
        passRate: null,
      },
    ],
    chosenSampleIndex: noPair ? null : 0,
    rejectedSampleIndex: noPair ? null : 1,
    why: noPair
      ? 'No pair: all judged answers have the pass rate 1.00.'
      : 'Sample 0 passed 2 of 2 items and sample 1 passed 0 of 2: the largest margin of this prompt, 1.00.',
    ...overrides,
  };
}

function makePrompt(index: number): PromptRow {
  return {
    promptId: `train-${String(index).padStart(4, '0')}`,
    messages: [
      { role: 'user', content: 'Name three uses of a paper clip. Answer as a list of exactly 3 bullet points.' },
    ],
    checklist: [
      { question: 'Is the answer a list of 3 bullet points?', verifier: { kind: 'bullet_list', args: { count: 3 } } },
      { question: 'Does the answer name uses of a paper clip?' },
    ],
  };
}

function makeRollout(
  prompt: number,
  sampleIndex: number,
  byCode: 'yes' | 'no',
  byJudge: Verdict['answer'],
): JudgedRollout {
  const verdicts_I: Verdict[] = [
    {
      answer: byCode,
      by: 'code',
      reason: byCode === 'yes' ? 'found 3 bullet points' : 'found 0 bullet points, wanted 3',
    },
    byJudge === 'unparsed'
      ? { answer: 'unparsed', by: 'judge', cause: 'malformed', reason: 'no yes or no in the reply' }
      : {
          answer: byJudge,
          by: 'judge',
          reason: byJudge === 'yes' ? 'Each line names a use.' : 'It describes the clip and names no use.',
        },
  ];
  const decided = verdicts_I.filter(({ answer }) => answer !== 'unparsed');
  return {
    promptId: makePrompt(prompt).promptId,
    sampleIndex,
    seed: 1000 + sampleIndex,
    policy: STAMPS[0],
    outcome: {
      ok: true,
      text:
        byCode === 'yes'
          ? '- hold sheets of paper together\n- reset a small device\n- mark a page in a book'
          : 'A paper clip is a piece of wire that is bent in a way that lets it hold several sheets, and it can',
      finishReason: byCode === 'yes' ? 'stop' : 'length',
      rawFinishReason: byCode === 'yes' ? 'stop' : 'length',
    },
    verdicts_I,
    passRate: decided.filter(({ answer }) => answer === 'yes').length / decided.length,
  };
}
