import type { Checklist } from '../checklist.ts';
import type { ChatMessage } from '../prompt.ts';
import type { DifficultyCriterion, DifficultyLabels } from './difficulty.ts';

/** One item of a query set, as it was collected: a conversation of any length. */
export interface CollectedQuery {
  readonly promptId: string;
  readonly messages: readonly ChatMessage[];
  /** Asked of the solution, where the outcome is scored by one. */
  readonly checklist: Checklist;
  /** Labels that it brings. */
  readonly topic?: string;
  readonly difficulty?: readonly DifficultyCriterion[];
}

/** A query that is still in: its first user turn alone. */
export interface CuratedQuery {
  readonly promptId: string;
  readonly text: string;
  readonly checklist: Checklist;
}

/** A query that passed every step, as a row of a prompt set: asked by itself, as the trained model is. */
export interface BoltPrompt {
  readonly promptId: string;
  readonly messages: readonly [ChatMessage];
  readonly checklist: Checklist;
  readonly topic: string;
  /** `null` where nothing was asked about it. */
  readonly difficulty: DifficultyLabels | null;
}

/** Why a query is left out, in the order in which it is looked at. */
export const DROP_REASONS = [
  'no-user-turn',
  'too-short',
  'too-long',
  'other-language',
  'duplicate',
  'near-duplicate',
  'evaluation-overlap',
  'difficulty-unread',
  'too-easy',
  'topic-unread',
  'topic-cap',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** A query that was left out. */
export interface DroppedQuery {
  readonly promptId: string;
  readonly reason: DropReason;
  /** Facts without the query's text: a length, a language, the id of a twin. */
  readonly detail: string;
}

/** What a step of the curation lets through and what it does not; together they are all that went in. */
export interface Curated<Query> {
  readonly kept: readonly Query[];
  readonly dropped: readonly DroppedQuery[];
}
