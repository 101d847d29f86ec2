import type { Refinement } from '../../refine/refinement.ts';
import { spreadEvenly } from '../spread-evenly.ts';
import type { RefineOutcome, RefineSample } from './refine-report.ts';

const OUTCOMES: readonly RefineOutcome[] = ['improved', 'worsened', 'unchanged', 'not judged'];

/**
 * Prompts to show, taken in turns from those whose answer improved, worsened, stayed, or was not judged, each spread over
 * the set: what went wrong is seen as well as what went right.
 */
export function chooseRefineSamples(
  refinements: readonly Refinement[],
  baselines: readonly Refinement[],
  count: number,
): readonly RefineSample[] {
  const baselineOf = new Map(baselines.map((baseline) => [baseline.promptId, baseline]));
  const samples = refinements.map((refinement) => ({
    ...outcomeOf(refinement),
    refinement,
    baseline: baselineOf.get(refinement.promptId) ?? null,
  }));
  const groups = OUTCOMES.map((outcome) =>
    spreadEvenly(
      samples.filter((sample) => sample.outcome === outcome),
      count,
    ),
  );
  const chosen: RefineSample[] = [];
  for (let place = 0; place < count; place += 1) chosen.push(...groups.flatMap((group) => group[place] ?? []));
  return chosen.slice(0, count);
}

/** What the returned answer is against the first one: by gold where both have it, else by the judge. */
function outcomeOf({ turns_T, returnedTurn }: Refinement): Pick<RefineSample, 'outcome' | 'outcomeBy'> {
  const first = turns_T.at(0);
  const returned = turns_T.find(({ turn }) => turn === returnedTurn);
  for (const [outcomeBy, measure] of [
    ['gold', 'goldPassRate'],
    ['judge', 'passRate'],
  ] as const) {
    const [before, after] = [first?.[measure] ?? null, returned?.[measure] ?? null];
    if (before === null || after === null) continue;
    return { outcome: after === before ? 'unchanged' : after > before ? 'improved' : 'worsened', outcomeBy };
  }
  return { outcome: 'not judged', outcomeBy: 'judge' };
}
