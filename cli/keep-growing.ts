import type { RunProgress } from '../domain/run-progress.ts';

/**
 * The newest progress, with no total below what was seen before. Workflows and activities are asked one after the other, and
 * a step that was tried again counts from its beginning: what was once counted has been paid for all the same.
 */
export function keepGrowing(before: RunProgress | null, now: RunProgress): RunProgress {
  if (before === null || before.runName !== now.runName) return now;
  const isSameStage =
    before.stage === now.stage &&
    before.part === now.part &&
    before.round === now.round &&
    before.stageTotal === now.stageTotal;
  return {
    ...now,
    stageDone: isSameStage ? Math.max(before.stageDone, now.stageDone) : now.stageDone,
    calls: Math.max(before.calls, now.calls),
    promptTokens: Math.max(before.promptTokens, now.promptTokens),
    completionTokens: Math.max(before.completionTokens, now.completionTokens),
    unreportedCalls: Math.max(before.unreportedCalls, now.unreportedCalls),
    scored: Math.max(before.scored, now.scored),
  };
}
