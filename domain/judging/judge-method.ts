/**
 * How a judge is asked: one item a call with the reason first, a whole list in one structured reply, the probability of
 * the next token, or a score from 0 to 100.
 */
export type JudgeMode = 'item' | 'list' | 'probability' | 'score';

/** How one judge decides items. Read from the config; what each field does is said there. */
export interface JudgeMethod {
  readonly mode: JudgeMode;
  /** Of mode item. */
  readonly verdict: 'line' | 'two-step';
  readonly maxTokens: number;
  readonly temperature: number;
  readonly retryTemperature: number;
  readonly topP: number;
  readonly attempts: number;
  /** Odd. */
  readonly votes: number;
  readonly stopEarly: boolean;
  readonly listItems: number;
  readonly probabilityBy: 'next-token' | 'generative-scoring';
  /** In [0, 1]. */
  readonly minLabelMass: number;
  readonly scoreSamples: number;
  /** In [0, 100]. */
  readonly scoreThreshold: number;
}

/** How many readings of an item a judge is asked for: votes, or samples of a score. */
export function readingsWanted({ mode, votes, scoreSamples }: JudgeMethod): number {
  return mode === 'score' ? scoreSamples : votes;
}

/** How many items of an answer one call may ask about. */
export function itemsPerCall({ mode, listItems, probabilityBy }: JudgeMethod): number {
  if (mode === 'list') return listItems;
  return mode === 'probability' && probabilityBy === 'generative-scoring' ? Number.POSITIVE_INFINITY : 1;
}
