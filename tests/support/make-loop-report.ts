import type { Selection } from '../../domain/best-of-n/candidate.ts';
import { compareArms } from '../../domain/best-of-n/compare-arms.ts';
import type { Refinement } from '../../domain/refine/refinement.ts';
import type { BestOfNReport } from '../../domain/report/best-of-n/best-of-n-report.ts';
import { chooseBestOfNSamples } from '../../domain/report/best-of-n/choose-samples.ts';
import { tallySelections } from '../../domain/report/best-of-n/tally-selections.ts';
import { bestOfNBudget, refineBudget } from '../../domain/report/call-budget.ts';
import { meanChange } from '../../domain/report/pair-rates.ts';
import { chooseRefineSamples } from '../../domain/report/refine/choose-samples.ts';
import { measureLoop, ratesAt, returnedRates } from '../../domain/report/refine/measure-loop.ts';
import type { RefineReport } from '../../domain/report/refine/refine-report.ts';
import type { ReportBase, ReportCalls } from '../../domain/report/report-base.ts';

const BOOTSTRAP = { resamples: 200, confidence: 0.95, seed: 7 };

const BASE: Omit<ReportBase, 'calls'> = {
  formatVersion: 1,
  runName: 'rivers',
  status: 'done',
  statusReason: null,
  config: { seed: 7 },
  configHash: 'c'.repeat(64),
  seed: 7,
  confidence: 0.95,
  timing: { startedAt: '2026-03-04T09:15:02.120Z', finishedAt: '2026-03-04T09:20:02.120Z', seconds: 300 },
  moreArtifacts: [],
  artifacts: [
    { name: 'rivers/data/prompts/prompts/shard-000', step: 'open-run', contentHash: 'a'.repeat(64), rows: 4 },
  ],
};

/** Calls of a stage, all answered. */
export function makeCalls(stage: string, sent: number, tokens: number | null = 10 * sent): ReportCalls {
  return { stage, sent, answered: sent, failed: 0, lost: 0, promptTokens: tokens, completionTokens: tokens };
}

/** The report of a run of self-refinement that these rows make, with at most two rewrites unless told otherwise. */
export function makeRefineReport(
  stick: readonly Refinement[],
  selfRefine: readonly Refinement[] | null,
  changes: Partial<RefineReport> = {},
): RefineReport {
  const { turnLimit = 2, checklist = 'fixed' } = changes;
  const settings = { turnLimit, isFixed: checklist === 'fixed', bootstrap: BOOTSTRAP };
  const calls = [
    makeCalls('answer/rollouts', stick.length),
    makeCalls('answer/judged', 2 * stick.length),
    makeCalls('answer/gold', 2 * stick.length, null),
    makeCalls('refine/turn-001/rollouts', stick.length),
    makeCalls('refine/turn-001/judged', 2 * stick.length),
    makeCalls('self-refine/turn-001/critiques', stick.length),
  ];
  return {
    ...BASE,
    loop: 'refine',
    promptsInSet: stick.length,
    turnLimit,
    returns: 'best-seen',
    checklist,
    judging: { steeredBy: 'other', judges: ['judge-7b'], measuredBy: 'other', goldJudges: ['gold-70b'] },
    loops: [
      measureLoop('refine', stick, settings),
      ...(selfRefine === null ? [] : [measureLoop('self-refine', selfRefine, settings)]),
    ],
    advantage:
      selfRefine === null
        ? null
        : {
            atLastTurn: meanChange(
              ratesAt(selfRefine, turnLimit, 'goldPassRate'),
              ratesAt(stick, turnLimit, 'goldPassRate'),
              BOOTSTRAP,
            ),
            returned: meanChange(
              returnedRates(selfRefine, 'goldPassRate'),
              returnedRates(stick, 'goldPassRate'),
              BOOTSTRAP,
            ),
          },
    calls,
    callBudget: refineBudget({
      calls,
      prompts: stick.length,
      itemCounts: stick.map(({ checklist }) => checklist.length),
      votes: 1,
      size: turnLimit,
    }),
    samples: chooseRefineSamples(stick, selfRefine ?? [], 10),
    ...changes,
  };
}

/** The report of a run of Best-of-N that these rows make. */
export function makeBestOfNReport(
  selections: readonly Selection[],
  changes: Partial<BestOfNReport> = {},
): BestOfNReport {
  const { keepTies = false } = changes;
  const samplesPerPrompt = Math.max(1, ...selections.map(({ candidates_N }) => candidates_N.length));
  const calls = [
    makeCalls('candidates/rollouts', samplesPerPrompt * selections.length),
    makeCalls('candidates/judged', 2 * samplesPerPrompt * selections.length),
    makeCalls('candidates/gold', selections.length),
    makeCalls('greedy/rollouts', selections.length),
  ];
  return {
    ...BASE,
    loop: 'best-of-n',
    promptsInSet: selections.length,
    samplesPerPrompt,
    keepTies,
    judging: { steeredBy: 'other', judges: ['judge-7b'], measuredBy: 'other', goldJudges: ['gold-70b'] },
    arms: compareArms(selections, keepTies, BOOTSTRAP),
    tally: tallySelections(selections, { selfScore: true, rewardModel: false }),
    calls,
    callBudget: bestOfNBudget({
      calls,
      prompts: selections.length,
      itemCounts: selections.map(({ checklist }) => checklist.length),
      votes: 1,
      size: samplesPerPrompt,
    }),
    samples: chooseBestOfNSamples(selections, keepTies, 10),
    ...changes,
  };
}
