import type { ChatMessage } from '../prompt.ts';
import type { TaskGroup } from './task-groups.ts';

/** One WildBench task: a chat whose last turn the tested model answers. */
export interface WildBenchTask {
  readonly sessionId: string;
  /** User and assistant in turn, the recorded ones; the last is the user's. */
  readonly messages: readonly ChatMessage[];
  /** Questions that guide the judge; they are not scored one by one. */
  readonly checklist: readonly string[];
  readonly primaryTag: string;
  readonly secondaryTags: readonly string[];
  readonly groups: readonly TaskGroup[];
}
