import type { Interval } from '../bootstrap.ts';
import type { Ruler } from './best-version.ts';
import type { SaturationCounts } from '../rounds/count-saturated.ts';
import type { KlMeasure } from './estimate-kl.ts';
import type { TaskMeasures } from '../wildbench/task-measures.ts';

/** A mean with what it was taken over. */
export interface MeanOf {
  readonly mean: number;
  readonly n: number;
}

/** What is known of a round when its gates decide; `null` where nothing could be measured. */
export interface RoundMeasures {
  readonly round: number;
  /** Best version before this round; 0 is the base. */
  readonly bestRound: number;
  /** Whose verdicts the held-out rates are. */
  readonly measuredBy: Ruler;
  /** Held-out rate less that of the best version, paired by prompt. */
  readonly heldOutChange: Interval | null;
  /** The judge's change since the base less the gold one's, paired by prompt. */
  readonly judgeLead: Interval | null;
  /** Characters of a held-out answer. */
  readonly lengthChars: MeanOf | null;
  readonly baseLengthChars: MeanOf | null;
  /** Of the training samples that the round drew, before it trained. */
  readonly saturation: SaturationCounts;
  /** Share of distinct word pairs in the held-out answers to one prompt. */
  readonly distinctness: MeanOf | null;
  readonly baseDistinctness: MeanOf | null;
  /** Divergence from the base; `null` where it is not measured. */
  readonly kl: KlMeasure | null;
  /** What a judge of WildBench says of its answers to tasks; `null` where there are none. */
  readonly tasks: TaskMeasures | null;
}
