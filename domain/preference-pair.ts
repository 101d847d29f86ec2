import type { ChatMessage } from './prompt.ts';

/** A row for preference training, with TRL's field names. */
export interface PreferencePair {
  readonly promptId: string;
  readonly prompt: readonly ChatMessage[];
  readonly chosen: readonly ChatMessage[];
  readonly rejected: readonly ChatMessage[];
  readonly chosenSampleIndex: number;
  readonly rejectedSampleIndex: number;
  readonly chosenPassRate: number;
  readonly rejectedPassRate: number;
  /** chosenPassRate - rejectedPassRate, in (0, 1]. */
  readonly margin: number;
  /** `policyStamp` of the policy that wrote both answers. */
  readonly policy: string;
}
