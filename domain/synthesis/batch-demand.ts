/** How far a synthesis is. */
export interface SynthesisState {
  /** Rows that finished batches kept. */
  readonly kept: number;
  readonly finishedBatches: number;
  readonly startedBatches: number;
}

/** What a synthesis is to come to. */
export interface SynthesisGoal {
  /** Rows to keep; the dataset is taken out of them. */
  readonly rowsToKeep: number;
  /** Batches at most. */
  readonly maxBatches: number;
}

/**
 * What a free lane does: starts the next batch, waits for those in the air because they are expected to be enough, or ends.
 */
export function decideNextBatch(
  { kept, finishedBatches, startedBatches }: SynthesisState,
  { rowsToKeep, maxBatches }: SynthesisGoal,
): 'start' | 'wait' | 'end' {
  const inAir = startedBatches - finishedBatches;
  if (kept >= rowsToKeep) return 'end';
  if (startedBatches >= maxBatches) return inAir > 0 ? 'wait' : 'end';
  // Until a batch has told what it keeps, all lanes may start.
  if (inAir === 0 || finishedBatches === 0) return 'start';
  return kept + (inAir * kept) / finishedBatches >= rowsToKeep ? 'wait' : 'start';
}

/**
 * How many of the batches, from the first on, the dataset is taken from: as few as are enough. Which later ones were also
 * finished is a matter of speed, and must not show in the data.
 *
 * @param kept_B rows kept by each batch, in order
 */
export function batchesToSettle(kept_B: readonly number[], rowsToKeep: number): number {
  let sum = 0;
  for (const [batch, kept] of kept_B.entries()) {
    sum += kept;
    if (sum >= rowsToKeep) return batch + 1;
  }
  return kept_B.length;
}

/**
 * Says why a synthesis ended with fewer rows than were to be kept; `null` when it did not. They may still be enough for the
 * dataset, which then was chosen from fewer.
 */
export function describeShortfall(
  { kept, finishedBatches }: SynthesisState,
  { rowsToKeep, maxBatches, numRows }: SynthesisGoal & { readonly numRows: number },
): string | null {
  if (kept >= rowsToKeep) return null;
  if (kept >= numRows) {
    return `${numRows} rows, chosen from ${kept} instead of ${rowsToKeep}: ${finishedBatches} batches were done, the most that maxBatches allows (${maxBatches}). For a wider choice, start a run with more batches under another name.`;
  }
  return `${kept} of ${rowsToKeep} rows were kept when ${finishedBatches} batches were done, the most that maxBatches allows (${maxBatches}): the report says what each filter dropped. Loosen a filter, or start a run with more batches under another name.`;
}
