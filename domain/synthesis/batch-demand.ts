/** How far a synthesis is. */
export interface SynthesisState {
  /** Rows that finished batches kept. */
  readonly kept: number;
  readonly finishedBatches: number;
  readonly startedBatches: number;
}

/** What a synthesis is to come to. */
export interface SynthesisGoal {
  readonly numRows: number;
  /** Batches at most. */
  readonly maxBatches: number;
}

/**
 * What a free lane does: starts the next batch, waits for those in the air because they are expected to be enough, or ends.
 */
export function decideNextBatch(
  { kept, finishedBatches, startedBatches }: SynthesisState,
  { numRows, maxBatches }: SynthesisGoal,
): 'start' | 'wait' | 'end' {
  const inAir = startedBatches - finishedBatches;
  if (kept >= numRows) return 'end';
  if (startedBatches >= maxBatches) return inAir > 0 ? 'wait' : 'end';
  if (inAir === 0) return 'start';
  // Until a batch has told what it keeps, all lanes may start.
  if (finishedBatches === 0) return 'start';
  return kept + (inAir * kept) / finishedBatches >= numRows ? 'wait' : 'start';
}

/** Says why a synthesis ended with fewer rows than were asked for; `null` when it did not. */
export function describeShortfall(
  { kept, finishedBatches }: SynthesisState,
  { numRows, maxBatches }: SynthesisGoal,
): string | null {
  if (kept >= numRows) return null;
  return `${kept} of ${numRows} rows were kept when ${finishedBatches} batches were done, the most that maxBatches allows (${maxBatches}): the report says what each filter dropped. Loosen a filter, or start a run with more batches under another name.`;
}
