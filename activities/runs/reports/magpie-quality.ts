import type { MagpieQuality } from '../../../domain/report/magpie/magpie-quality.ts';
import { sumField, type StageSummary } from '../../synthesis/sums.ts';

/** The summaries of all batches, by stage. */
interface QualitySummaries {
  readonly tagged: readonly StageSummary[];
  readonly compared: readonly StageSummary[];
  readonly scored: readonly StageSummary[];
  readonly preferences: readonly StageSummary[];
}

/** Adds up what the stages of all batches counted. */
export function sumQuality({ tagged, compared, scored, preferences }: QualitySummaries): MagpieQuality {
  const rewards = pick(scored, ['scored', 'rewardSum', 'unscored', 'differences', 'differenceSum']);
  return {
    tagged: sumField(tagged, 'tagged'),
    unread: sumRecords(tagged, 'unread'),
    distances: sumDistances(compared),
    rewards: rewards.scored + rewards.unscored === 0 ? null : rewards,
    preferences:
      preferences.length === 0
        ? null
        : pick(preferences, [
            'queries',
            'passedOver',
            'replies',
            'failed',
            'unscored',
            'distinct',
            'pairs',
            'marginSum',
            'allEqual',
            'marginTooSmall',
            'tooFewScored',
          ]),
  };
}

/** Sums the numbers of a record that each summary has. */
export function sumRecords(summaries: readonly StageSummary[], field: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const summary of summaries) {
    for (const [key, count] of Object.entries((summary[field] ?? {}) as Readonly<Record<string, number>>)) {
      sums[key] = (sums[key] ?? 0) + count;
    }
  }
  return sums;
}

function sumDistances(summaries: readonly StageSummary[]): MagpieQuality['distances'] {
  type Sums = { readonly compared: number; readonly distanceSum: number };
  const sums = new Map<string, Sums>();
  for (const { distances } of summaries) {
    for (const [temperature, found] of Object.entries((distances ?? {}) as Readonly<Record<string, Sums>>)) {
      const { compared, distanceSum } = sums.get(temperature) ?? { compared: 0, distanceSum: 0 };
      sums.set(temperature, {
        compared: compared + found.compared,
        distanceSum: distanceSum + found.distanceSum,
      });
    }
  }
  return [...sums]
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([temperature, found]) => ({ temperature, ...found }));
}

function pick<Field extends string>(
  summaries: readonly StageSummary[],
  fields: readonly Field[],
): Readonly<Record<Field, number>> {
  return Object.fromEntries(fields.map((field) => [field, sumField(summaries, field)])) as Record<Field, number>;
}
