/** Largest number of samples of one row; seeds of neighbouring samples stay within one block of this size. */
const SEED_BLOCK = 4096;

/** Base seeds end here, so that base + sample index is still a positive 32-bit integer, which every server takes. */
const LARGEST_BASE_SEED = 2 ** 31 - 1 - SEED_BLOCK;

/**
 * Numbers in [0, 1), the same ones for the same seed (a 32-bit integer). Not for secrets.
 *
 * @source mulberry32 by Tommy Ettinger, public domain: 32 bits of state, passes gjrand's tests
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A multiple of `stride` in [0, 2^31 - 1 - 4096], the same one for the same parts in the same order. */
export function deriveSeed(parts: readonly (string | number)[], stride = 1): number {
  if (!Number.isSafeInteger(stride) || stride < 1 || stride > LARGEST_BASE_SEED) {
    throw new RangeError(`stride must be an integer in [1, ${LARGEST_BASE_SEED}], got ${stride}`);
  }
  const slots = Math.floor(LARGEST_BASE_SEED / stride) + 1;
  // JSON keeps ["a", "bc"] apart from ["ab", "c"] and 1 from "1".
  return (hash53(JSON.stringify(parts)) % slots) * stride;
}

/** What a sample's seed depends on: enough to draw the same sample again, whichever worker asks. */
export interface SampleIdentity {
  /** Seed of the run. */
  readonly seed: number;
  readonly stage: string;
  readonly round: number;
  readonly promptId: string;
  /** Index of the sample in its group, in [0, 4096). */
  readonly sampleIndex: number;
}

/**
 * Seed of a call whose first sample is `sampleIndex`. A server draws choice i with seed + i, so sample g has the seed
 * base + g however the samples are split into calls, and two samples of a row never share one.
 */
export function callSeed({ seed, stage, round, promptId, sampleIndex }: SampleIdentity): number {
  if (!Number.isInteger(sampleIndex) || sampleIndex < 0 || sampleIndex >= SEED_BLOCK) {
    throw new RangeError(`sampleIndex must be an integer in [0, ${SEED_BLOCK}), got ${sampleIndex}`);
  }
  return deriveSeed([seed, stage, round, promptId], SEED_BLOCK) + sampleIndex;
}

/**
 * A hash of 53 bits over UTF-16 code units.
 *
 * @source cyrb53 by bryc, public domain
 */
function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 2 ** 32 * ((2 ** 21 - 1) & low) + (high >>> 0);
}
