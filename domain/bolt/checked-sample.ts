import type { FormatCode } from './check-thoughts.ts';
import type { ThoughtParts } from './thought-format.ts';
import { SAMPLE_FATES, type SampleFate } from './yields.ts';

/** One response of the bootstrapping stage and what the format rules say of it; `failed`: its call has no answer. */
export interface CheckedSample {
  readonly promptId: string;
  readonly topic: string;
  readonly sampleIndex: number;
  readonly code: FormatCode | 'failed';
  readonly detail: string | null;
  /** Where it has them. */
  readonly parts: ThoughtParts | null;
  /** Of each part, by the policy's tokenizer. */
  readonly tokens: { readonly thoughts: number; readonly solution: number } | null;
}

/** Samples of a stage that is still going on, by what the format rules say. */
export interface FormatTally {
  readonly samples: number;
  readonly valid: number;
  /** A valid sample has no fate yet. */
  readonly fates: Readonly<Record<SampleFate, number>>;
}

/** Counts the samples of a shard. */
export function tallyFormat(samples: readonly CheckedSample[]): FormatTally {
  const count = (fate: SampleFate) => samples.filter(({ code }) => code === fate).length;
  return {
    samples: samples.length,
    valid: samples.filter(({ code }) => code === 'ok').length,
    fates: toRecord(count),
  };
}

/** Sums two tallies. */
export function addTallies(a: FormatTally, b: FormatTally): FormatTally {
  return {
    samples: a.samples + b.samples,
    valid: a.valid + b.valid,
    fates: toRecord((fate) => a.fates[fate] + b.fates[fate]),
  };
}

function toRecord(count: (fate: SampleFate) => number): Readonly<Record<SampleFate, number>> {
  return Object.fromEntries(SAMPLE_FATES.map((fate) => [fate, count(fate)])) as Record<SampleFate, number>;
}
