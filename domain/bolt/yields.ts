import type { DropReason, DroppedQuery } from './bolt-query.ts';
import { DROP_REASONS } from './bolt-query.ts';
import { FORMAT_CODES, type FormatCode } from './check-thoughts.ts';

/** What became of one sample: its format code, and then its score's place. */
export type SampleFate =
  /** Its call failed: it has no text. */
  | 'failed'
  | Exclude<FormatCode, 'ok'>
  /** Valid, and the scorer gave no number. */
  | 'unscored'
  | 'below-cut'
  /** Above the cut, but not the best of its query. */
  | 'not-best'
  | 'selected';

/** All fates, in the order of the stage. */
export const SAMPLE_FATES: readonly SampleFate[] = [
  'failed',
  ...FORMAT_CODES.filter((code) => code !== 'ok'),
  'unscored',
  'below-cut',
  'not-best',
  'selected',
];

/** One sample of the bootstrapping stage and how it ended. */
export interface SampleOutcome {
  readonly promptId: string;
  readonly topic: string;
  readonly fate: SampleFate;
}

/** What a topic, or all of them, gave. Every rate of it is one of these numbers over another. */
export interface Yield {
  readonly queries: number;
  /** Queries with a selected response. */
  readonly keptQueries: number;
  /** Queries with valid responses, all of which were below the cut or unscored. */
  readonly lostToCut: number;
  /** Queries without a single valid response. */
  readonly noValid: number;
  readonly samples: number;
  /** Samples that follow the format. */
  readonly valid: number;
  readonly fates: Readonly<Record<SampleFate, number>>;
}

/** The yield of each topic, in order of their names, and of all samples. */
export interface YieldTable {
  readonly all: Yield;
  readonly byTopic: readonly (Yield & { readonly topic: string })[];
}

/** Counts what became of every sample. */
export function tallyYields(outcomes: readonly SampleOutcome[]): YieldTable {
  const topics = [...new Set(outcomes.map(({ topic }) => topic))].toSorted();
  return {
    all: tallyYield(outcomes),
    byTopic: topics.map((topic) => ({ topic, ...tallyYield(outcomes.filter((one) => one.topic === topic)) })),
  };
}

/** Queries that each step of the curation left out; steps that left out none are there with 0. */
export function countDrops(dropped: readonly DroppedQuery[]): Readonly<Record<DropReason, number>> {
  const counts = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>;
  for (const { reason } of dropped) counts[reason] += 1;
  return counts;
}

/** When a stage with a poor yield is not worth going on with. */
export interface YieldLimit {
  /** Smallest share of valid samples, in [0, 1]. */
  readonly minYield: number;
  /** Nothing is concluded from fewer samples. */
  readonly minSamples: number;
}

/** Whether so few samples follow the format that the stage should stop. Calls that failed say nothing about the model. */
export function isYieldTooLow(
  { samples, valid, fates }: Pick<Yield, 'samples' | 'valid' | 'fates'>,
  { minYield, minSamples }: YieldLimit,
): boolean {
  const answered = samples - fates.failed;
  return answered >= minSamples && valid < minYield * answered;
}

/** The fault that most samples of a yield have, or `null` when none has one. */
export function commonestFault({ fates }: Pick<Yield, 'fates'>): SampleFate | null {
  const faults = SAMPLE_FATES.filter((fate) => !isValid(fate) && fates[fate] > 0);
  return faults.toSorted((a, b) => fates[b] - fates[a])[0] ?? null;
}

function tallyYield(outcomes: readonly SampleOutcome[]): Yield {
  const fates = Object.fromEntries(SAMPLE_FATES.map((fate) => [fate, 0])) as Record<SampleFate, number>;
  const validIds = new Set<string>();
  const keptIds = new Set<string>();
  for (const { promptId, fate } of outcomes) {
    fates[fate] += 1;
    if (isValid(fate)) validIds.add(promptId);
    if (fate === 'selected') keptIds.add(promptId);
  }
  const queries = new Set(outcomes.map(({ promptId }) => promptId)).size;
  return {
    queries,
    keptQueries: keptIds.size,
    lostToCut: validIds.size - keptIds.size,
    noValid: queries - validIds.size,
    samples: outcomes.length,
    valid: outcomes.filter(({ fate }) => isValid(fate)).length,
    fates,
  };
}

function isValid(fate: SampleFate): boolean {
  return fate === 'unscored' || fate === 'below-cut' || fate === 'not-best' || fate === 'selected';
}
