import type { CheckedSample } from './checked-sample.ts';
import type { OutcomeScore } from './outcome-score.ts';
import { isKept, type PercentileCut } from './percentile-cut.ts';
import type { SampleFate, SampleOutcome } from './yields.ts';

/** The scores of a stage, their cut and what was chosen; no cut where there is no score. */
export interface SampleSelection {
  readonly scores: readonly OutcomeScore[];
  readonly cut: PercentileCut | null;
  readonly best: readonly OutcomeScore[];
}

/** One sample of the stage with its end, and the score where it has one. */
export type NamedSample = SampleOutcome & { readonly sampleIndex: number; readonly score: number | null };

/** Says of each sample what became of it; every sample has exactly one fate. */
export function nameFates(
  samples: readonly CheckedSample[],
  { scores, cut, best }: SampleSelection,
): readonly NamedSample[] {
  const scoreOf = new Map(scores.map((score) => [keyOf(score), score]));
  const chosen = new Set(best.map(keyOf));
  const fateOf = (sample: CheckedSample, score: OutcomeScore | undefined): SampleFate => {
    if (sample.code !== 'ok') return sample.code;
    if (score === undefined || cut === null) return 'unscored';
    if (!isKept(score, cut)) return 'below-cut';
    return chosen.has(keyOf(sample)) ? 'selected' : 'not-best';
  };
  return samples.map((sample) => {
    const score = scoreOf.get(keyOf(sample));
    const { promptId, topic, sampleIndex } = sample;
    return { promptId, topic, sampleIndex, fate: fateOf(sample, score), score: score?.score ?? null };
  });
}

function keyOf({ promptId, sampleIndex }: { readonly promptId: string; readonly sampleIndex: number }): string {
  return JSON.stringify([promptId, sampleIndex]);
}
