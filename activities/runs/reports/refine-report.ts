import type { RefineConfig } from '../../../configs/schema/refine.ts';
import type { Refinement } from '../../../domain/refine/refinement.ts';
import { refineBudget } from '../../../domain/report/call-budget.ts';
import { meanChange } from '../../../domain/report/pair-rates.ts';
import { chooseRefineSamples } from '../../../domain/report/refine/choose-samples.ts';
import { measureLoop, ratesAt, returnedRates } from '../../../domain/report/refine/measure-loop.ts';
import type { RefineReport } from '../../../domain/report/refine/refine-report.ts';
import type { RunServices } from '../../run-services.ts';
import { readLoopCalls, refineCallPlaces } from './loop-calls.ts';
import { countPrompts, readJudging, readRowsBelow, SAMPLE_COUNT, votesOf } from './loop-rows.ts';
import type { ReportFrame } from './report-frame.ts';

/** What the store holds of a run of self-refinement: the refinements of its finished shards, and the baseline's. */
export async function readRefineReport(
  services: RunServices,
  config: RefineConfig,
  { base, names, bootstrap }: ReportFrame,
): Promise<RefineReport> {
  const { runName } = base;
  const { turns: turnLimit, returns, checklist, baselines } = config.refine;
  const hasBaseline = baselines.includes('self-refine');
  const stick = await readRowsBelow<Refinement>(services, names, `${runName}/refine/results`);
  const selfRefine = await readRowsBelow<Refinement>(services, names, `${runName}/self-refine/results`);
  const settings = { turnLimit, isFixed: checklist === 'fixed', bootstrap };
  const calls = await readLoopCalls(services, runName, names, refineCallPlaces(runName, turnLimit, hasBaseline));
  const turns = stick.flatMap(({ turns_T }) => turns_T);
  return {
    ...base,
    loop: 'refine',
    promptsInSet: await countPrompts(services, runName, names),
    turnLimit,
    returns,
    checklist,
    judging: readJudging(
      config,
      turns.flatMap(({ verdicts_I }) => verdicts_I),
      turns.flatMap(({ gold_I }) => gold_I),
    ),
    loops: [
      measureLoop('refine', stick, settings),
      ...(hasBaseline ? [measureLoop('self-refine', selfRefine, settings)] : []),
    ],
    advantage: hasBaseline
      ? {
          atLastTurn: meanChange(
            ratesAt(selfRefine, turnLimit, 'goldPassRate'),
            ratesAt(stick, turnLimit, 'goldPassRate'),
            bootstrap,
          ),
          returned: meanChange(
            returnedRates(selfRefine, 'goldPassRate'),
            returnedRates(stick, 'goldPassRate'),
            bootstrap,
          ),
        }
      : null,
    calls,
    callBudget: refineBudget({
      calls,
      prompts: stick.length,
      itemCounts: stick.map(({ checklist }) => checklist.length),
      votes: votesOf(config.judge),
      size: turnLimit,
    }),
    samples: chooseRefineSamples(stick, selfRefine, SAMPLE_COUNT),
  };
}
