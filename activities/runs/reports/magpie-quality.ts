import type { MagpieQuality, PreferenceSums, RewardSums } from '../../../domain/report/magpie/magpie-quality.ts';
import { sumField, type StageSummary } from '../../synthesis/sums.ts';

/** Stages whose manifests tell what was found of the rows. */
export const SUMMED_STAGES = ['screened', 'tagged', 'compared', 'answered', 'scored', 'preferences'] as const;

/** What the manifests of all batches say together. */
interface ManifestFindings {
  readonly quality: MagpieQuality;
  readonly replies: number;
  readonly cutReplies: number;
  readonly loopedReplies: number;
  readonly replyTokens: number;
  /** Queries by the rule of the sanitiser that cleaned them. */
  readonly sanitised: Readonly<Record<string, number>>;
}

const REWARD_FIELDS = ['scored', 'rewardSum', 'unscored', 'differences', 'differenceSum'] as const;

const PREFERENCE_FIELDS = [
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
] as const;

type DistanceSums = { readonly compared: number; readonly distanceSum: number };

/** Adds up what the stages of all batches counted, manifest by manifest. */
export function createQualitySums(): {
  add(stage: (typeof SUMMED_STAGES)[number], summary: StageSummary): void;
  result(): ManifestFindings;
} {
  const sums = { tagged: 0, replies: 0, cutReplies: 0, loopedReplies: 0, replyTokens: 0, withPreferences: 0 };
  const [unread, sanitised] = [new Map<string, number>(), new Map<string, number>()];
  const distances = new Map<string, DistanceSums>();
  const rewards = noSums(REWARD_FIELDS);
  const preferences = noSums(PREFERENCE_FIELDS);
  return {
    add(stage, summary) {
      switch (stage) {
        case 'screened':
          return addRecord(sanitised, summary, 'sanitised');
        case 'tagged':
          sums.tagged += sumField([summary], 'tagged');
          return addRecord(unread, summary, 'unread');
        case 'compared':
          return addDistances(distances, summary);
        case 'answered':
          sums.replies += sumField([summary], 'replies');
          sums.cutReplies += sumField([summary], 'cutReplies');
          sums.loopedReplies += sumField([summary], 'loopedReplies');
          sums.replyTokens += sumField([summary], 'replyTokens');
          return;
        case 'scored':
          return addFields(rewards, summary, REWARD_FIELDS);
        case 'preferences':
          sums.withPreferences += 1;
          return addFields(preferences, summary, PREFERENCE_FIELDS);
      }
    },
    result() {
      const { tagged, replies, cutReplies, loopedReplies, replyTokens, withPreferences } = sums;
      const quality: MagpieQuality = {
        tagged,
        unread: Object.fromEntries(unread),
        distances: [...distances]
          .toSorted(([a], [b]) => Number(a) - Number(b))
          .map(([temperature, found]) => ({ temperature, ...found })),
        rewards: rewards.scored + rewards.unscored === 0 ? null : (rewards satisfies RewardSums),
        preferences: withPreferences === 0 ? null : (preferences satisfies PreferenceSums),
      };
      return { quality, replies, cutReplies, loopedReplies, replyTokens, sanitised: Object.fromEntries(sanitised) };
    },
  };
}

/** Adds the numbers of a record that a summary has. */
function addRecord(sums: Map<string, number>, summary: StageSummary, field: string): void {
  for (const [key, count] of Object.entries((summary[field] ?? {}) as Readonly<Record<string, number>>)) {
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
}

function addDistances(sums: Map<string, DistanceSums>, { distances }: StageSummary): void {
  for (const [temperature, found] of Object.entries((distances ?? {}) as Readonly<Record<string, DistanceSums>>)) {
    const { compared, distanceSum } = sums.get(temperature) ?? { compared: 0, distanceSum: 0 };
    sums.set(temperature, {
      compared: compared + found.compared,
      distanceSum: distanceSum + found.distanceSum,
    });
  }
}

function noSums<Field extends string>(fields: readonly Field[]): Record<Field, number> {
  return Object.fromEntries(fields.map((field) => [field, 0])) as Record<Field, number>;
}

function addFields<Field extends string>(
  sums: Record<Field, number>,
  summary: StageSummary,
  fields: readonly Field[],
): void {
  for (const field of fields) sums[field] += sumField([summary], field);
}
