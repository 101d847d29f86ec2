import { formatCount, formatSeconds } from './format-number.ts';
import { reportHeadline } from './report-headline.ts';
import { sumReported } from './report-calls.ts';
import type { RunReport } from './run-report.ts';

/** Plain lines that close a run in the terminal; control characters of names are left out. */
export function summarizeReport(report: RunReport): string[] {
  const headline = reportHeadline(report);
  const total = sumReported(report.calls);
  const reason = report.statusReason === null ? '' : `: ${report.statusReason}`;
  return [
    `run ${report.runName} ${report.status}${reason}`,
    `held-out pass rate ${headline.result} (${headline.difference})`,
    `measured on ${headline.denominators}`,
    `model calls ${formatCount(total.sent)} sent, ${formatCount(total.answered)} answered, ${formatCount(total.failed)} failed, ${formatCount(total.lost)} lost and repeated`,
    `tokens ${formatCount(total.promptTokens)} in, ${formatCount(total.completionTokens)} out`,
    `took ${formatSeconds(report.timing.seconds)}`,
  ].map((line) => line.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' '));
}
