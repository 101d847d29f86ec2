import type { ReportCalls } from './report-base.ts';

/** Adds up the calls of all stages; a token sum that lacks a stage is `null`, since it would be too small. */
export function sumReported(calls: readonly ReportCalls[]): ReportCalls {
  const sum = (pick: (entry: ReportCalls) => number): number => calls.reduce((total, entry) => total + pick(entry), 0);
  const sumOrNull = (pick: (entry: ReportCalls) => number | null): number | null =>
    calls.some((entry) => pick(entry) === null) ? null : sum((entry) => pick(entry) ?? 0);
  return {
    stage: 'all',
    sent: sum((entry) => entry.sent),
    answered: sum((entry) => entry.answered),
    failed: sum((entry) => entry.failed),
    lost: sum((entry) => entry.lost),
    promptTokens: sumOrNull((entry) => entry.promptTokens),
    completionTokens: sumOrNull((entry) => entry.completionTokens),
  };
}
