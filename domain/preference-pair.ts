import type { ChatMessage } from './prompt.ts';

/** A row for preference training, with TRL's field names. */
export interface PreferencePair {
  readonly promptId: string;
  readonly prompt: readonly ChatMessage[];
  readonly chosen: readonly ChatMessage[];
  readonly rejected: readonly ChatMessage[];
  readonly chosenSampleIndex: number;
  readonly rejectedSampleIndex: number;
  /** The rejected answer was broken off, so its end is no end of a turn. */
  readonly rejectedTruncated?: boolean;
  readonly chosenReward: number;
  readonly rejectedReward: number;
  /** chosenReward - rejectedReward, above 0; at most 1 where the rewards are pass rates. */
  readonly margin: number;
  /** Largest lead of the chosen answer on a single item, [0, 1]. */
  readonly largestItemGap: number;
  /** `policyStamp` of the policy that wrote both answers. */
  readonly policy: string;
}
