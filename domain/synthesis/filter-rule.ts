import type { Difficulty, InputQuality, RowTags } from './synthesis-row.ts';

/** One condition that a row has to meet to go on. */
export type FilterRule =
  | { readonly kind: 'quality'; readonly atLeast: InputQuality }
  | { readonly kind: 'difficulty'; readonly atLeast: Difficulty }
  | { readonly kind: 'category'; readonly in: readonly string[] }
  | { readonly kind: 'language'; readonly in: readonly string[] }
  | { readonly kind: 'safe' }
  /** The published "MND > 0": at 0 it takes out exact copies and nothing else. Cosine distance, or 1 - Jaccard. */
  | { readonly kind: 'neighbour-distance'; readonly above: number }
  /** The published rule that does the work: no earlier query within the repeat threshold. */
  | { readonly kind: 'no-repeats' }
  /** An incomplete instruction: what follows the colon is missing. */
  | { readonly kind: 'no-trailing-colon' }
  /** Documents and code are no requests; a rule of thumb that knows English and the question marks of all languages. */
  | { readonly kind: 'user-voiced' }
  | { readonly kind: 'query-lines'; readonly newlinesBelow: number; readonly exceptCategories: readonly string[] }
  | { readonly kind: 'query-chars'; readonly min: number; readonly max: number }
  | { readonly kind: 'reply-whole' }
  | { readonly kind: 'reply-loops'; readonly maxRepeatedShare: number; readonly maxLoopShare: number }
  | { readonly kind: 'no-refusal' }
  | { readonly kind: 'reply-chars'; readonly min: number; readonly max: number }
  /** Either bound; `above` is exclusive. */
  | { readonly kind: 'reward'; readonly above?: number | undefined; readonly atLeast?: number | undefined }
  | { readonly kind: 'reward-difference'; readonly above: number };

/** When a rule can be decided: before a reply is paid for, or only with it. */
export type FilterPoint = 'query' | 'reply';

/** What a rule looks at, beyond the text of the query and the reply. */
export type FilterNeed = keyof RowTags | 'neighbour' | 'reply' | 'reward' | 'rewardDifference';

/** The fields that a rule needs, by which its point is decided. */
export function needsOf(rule: FilterRule): readonly FilterNeed[] {
  switch (rule.kind) {
    case 'quality':
    case 'difficulty':
    case 'category':
    case 'language':
      return [rule.kind];
    case 'safe':
      return ['safety'];
    case 'neighbour-distance':
    case 'no-repeats':
      return ['neighbour'];
    case 'no-trailing-colon':
    case 'user-voiced':
    case 'query-chars':
      return [];
    case 'query-lines':
      return rule.exceptCategories.length > 0 ? ['category'] : [];
    case 'reply-whole':
    case 'reply-loops':
    case 'no-refusal':
    case 'reply-chars':
      return ['reply'];
    case 'reward':
      return ['reward'];
    case 'reward-difference':
      return ['rewardDifference'];
  }
}

/** A rule that needs nothing of a reply is decided before one is paid for. */
export function pointOf(rule: FilterRule): FilterPoint {
  const needs: readonly FilterNeed[] = ['reply', 'reward', 'rewardDifference'];
  return needsOf(rule).some((need) => needs.includes(need)) ? 'reply' : 'query';
}
