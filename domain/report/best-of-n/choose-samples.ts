import type { Selection } from '../../best-of-n/candidate.ts';
import { keepHighest } from '../../best-of-n/choose-best.ts';
import { spreadEvenly } from '../spread-evenly.ts';
import type { BestOfNSample } from './best-of-n-report.ts';
import { whyChosen } from './words.ts';

/** Prompts to show, spread over the set, each with what gold would have picked and why the choice fell as it did. */
export function chooseBestOfNSamples(
  selections: readonly Selection[],
  keepTies: boolean,
  count: number,
): readonly BestOfNSample[] {
  return spreadEvenly(selections, count).map((selection) => ({
    selection,
    oracle: oracleOf(selection),
    why: whyChosen(selection, keepTies),
  }));
}

function oracleOf({ candidates_N }: Selection): readonly number[] {
  const measured = candidates_N.filter(({ goldPassRate }) => goldPassRate !== null);
  return keepHighest(measured, ({ goldPassRate }) => goldPassRate ?? 0).map(({ sampleIndex }) => sampleIndex);
}
