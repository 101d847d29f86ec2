import type { ActivityProgress } from '../../domain/activity-progress.ts';

/** How far calls of one kind are, kept as they come in. */
export type CallProgress = { -readonly [Field in keyof Omit<ActivityProgress, 'training'>]-?: number };

/** Tokens of an answer, `null` where the server did not say. */
interface AnswerUsage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** Of calls none of which was made yet. */
export function beginProgress(): CallProgress {
  return { done: 0, total: 0, calls: 0, promptTokens: 0, completionTokens: 0, reported: 0 };
}

/** Adds a call and its tokens. */
export function countCall(progress: CallProgress, { promptTokens, completionTokens }: AnswerUsage): void {
  progress.calls += 1;
  progress.promptTokens += promptTokens ?? 0;
  progress.completionTokens += completionTokens ?? 0;
  if (promptTokens !== null && completionTokens !== null) progress.reported += 1;
}
