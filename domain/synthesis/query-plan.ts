import { deriveSeed } from '../random.ts';

/** One call for queries. */
export interface QueryCall<Cell, Steering> {
  readonly cell: Cell;
  readonly steering: Steering;
  /** Sample i is drawn with seed + i. */
  readonly seed: number;
  readonly n: number;
}

/** What a run draws its queries from. */
export interface QuerySource<Cell, Steering> {
  /** Seed of the run. */
  readonly seed: number;
  readonly cells: readonly (readonly [Cell, share: number])[];
  readonly steerings: readonly (readonly [Steering, weight: number])[];
  readonly callsPerBatch: number;
  readonly samplesPerCall: number;
}

/** Calls have seeds this far apart; no call draws more samples. */
export const SEED_STRIDE = 256;

/** Calls of a run at most: with more, two would share a seed, and draw the same queries. */
export const MAX_QUERY_CALLS = Math.floor((2 ** 31 - 1) / SEED_STRIDE);

// The additive recurrence of the plastic number: any stretch of calls comes close to the shares, in both at once.
const PLASTIC = 1.324717957244746;
const STEPS = [1 / PLASTIC, 1 / PLASTIC ** 2] as const;

/** The calls of one batch: the same ones whenever they are asked for, with seeds that no two calls of a run share. */
export function planQueryCalls<Cell, Steering>(
  { seed, cells, steerings, callsPerBatch, samplesPerCall }: QuerySource<Cell, Steering>,
  batch: number,
): readonly QueryCall<Cell, Steering>[] {
  const offset = deriveSeed([seed, 'queries'], SEED_STRIDE) / SEED_STRIDE;
  return Array.from({ length: callsPerBatch }, (_, index) => {
    const call = batch * callsPerBatch + index;
    return {
      cell: pick(cells, position(call, 0, seed)),
      steering: pick(steerings, position(call, 1, seed)),
      seed: ((offset + call) % MAX_QUERY_CALLS) * SEED_STRIDE,
      n: samplesPerCall,
    };
  });
}

function position(call: number, dimension: 0 | 1, seed: number): number {
  const start = deriveSeed([seed, 'mix', dimension]) / 2 ** 31;
  return (start + (call + 1) * STEPS[dimension]) % 1;
}

/** The entry in whose part of the sum of all shares a number of [0, 1) falls. */
function pick<Entry>(entries: readonly (readonly [Entry, number])[], at: number): Entry {
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  let left = at * total;
  for (const [entry, share] of entries) {
    left -= share;
    if (left < 0) return entry;
  }
  const last = entries.at(-1);
  if (last === undefined) throw new RangeError('there is nothing to draw from');
  return last[0];
}
