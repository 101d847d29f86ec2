import type { BestOfNConfig } from '../../../configs/schema/best-of-n.ts';
import { stageName } from '../../../domain/artifact-names.ts';
import type { Selection } from '../../../domain/best-of-n/candidate.ts';
import { compareArms } from '../../../domain/best-of-n/compare-arms.ts';
import { bestOfNBudget } from '../../../domain/report/call-budget.ts';
import type { BestOfNReport } from '../../../domain/report/best-of-n/best-of-n-report.ts';
import { chooseBestOfNSamples } from '../../../domain/report/best-of-n/choose-samples.ts';
import { tallySelections } from '../../../domain/report/best-of-n/tally-selections.ts';
import type { RunServices } from '../../run-services.ts';
import { bestOfNCallPlaces, readLoopCalls } from './loop-calls.ts';
import { countPrompts, readJudging, readRowsBelow, SAMPLE_COUNT, votesOf } from './loop-rows.ts';
import type { ReportFrame } from './report-frame.ts';

/** What the store holds of a run of Best-of-N: the selections of its finished shards. */
export async function readBestOfNReport(
  services: RunServices,
  config: BestOfNConfig,
  { base, names, bootstrap }: ReportFrame,
): Promise<BestOfNReport> {
  const { runName } = base;
  const { keepTies, baselines, rewardModel } = config.bestOfN;
  const { samplesPerPrompt } = config.sampling;
  const folder = `${stageName(runName, 0, 'candidates')}/results`;
  const selections = await readRowsBelow<Selection>(services, names, folder);
  const candidates = selections.flatMap(({ candidates_N }) => candidates_N);
  const calls = await readLoopCalls(services, runName, names, bestOfNCallPlaces(runName));
  return {
    ...base,
    loop: 'best-of-n',
    promptsInSet: await countPrompts(services, runName, names),
    samplesPerPrompt,
    keepTies,
    judging: readJudging(
      config,
      candidates.flatMap(({ verdicts_I }) => verdicts_I),
      candidates.flatMap(({ gold_I }) => gold_I),
    ),
    arms: compareArms(selections, keepTies, bootstrap),
    tally: tallySelections(selections, {
      selfScore: baselines.includes('self-score'),
      rewardModel: rewardModel !== undefined,
    }),
    calls,
    callBudget: bestOfNBudget({
      calls,
      prompts: selections.length,
      itemCounts: selections.map(({ checklist }) => checklist.length),
      votes: votesOf(config.judge),
      size: samplesPerPrompt,
    }),
    samples: chooseBestOfNSamples(selections, keepTies, SAMPLE_COUNT),
  };
}
