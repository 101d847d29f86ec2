import { formatCount, formatSeconds } from '../format-number.ts';
import { bestOfNLines } from './best-of-n/summary-lines.ts';
import { boltLines } from './bolt/summary-lines.ts';
import { headlineOf } from './headline-of.ts';
import { magpieLines } from './magpie/summary-lines.ts';
import { refineLines } from './refine/summary-lines.ts';
import type { RunReport } from './run-report.ts';
import { skillmixLines } from './skillmix/summary-lines.ts';
import { formatTokens, sumReported } from './sum-reported.ts';
import { wildbenchLines } from './wildbench/summary-lines.ts';

/** Plain lines that close a run in the terminal; control characters of names are left out. */
export function summarizeReport(report: RunReport): string[] {
  const { label, result, difference, denominators } = headlineOf(report);
  const total = sumReported(report.calls);
  const scoring =
    total.scoring === 0
      ? ''
      : `; ${formatCount(total.scoring)} calls scored one token each for the KL, and theirs are not counted`;
  const reason = report.statusReason === null ? '' : `: ${report.statusReason}`;
  return [
    `run ${report.runName} ${report.status}${reason}`,
    `${label.charAt(0).toLowerCase()}${label.slice(1)} ${result} (${difference})`,
    `measured on ${denominators}`,
    ...loopLines(report),
    `model calls ${formatCount(total.sent)} sent, ${formatCount(total.answered)} answered, ${formatCount(total.failed)} failed, ${formatCount(total.lost)} lost and repeated`,
    `tokens ${formatTokens(total.promptTokens, 'in')}, ${formatTokens(total.completionTokens, 'out')}${scoring}`,
    `took ${formatSeconds(report.timing.seconds)}`,
  ].map((line) => line.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' '));
}

function loopLines(report: RunReport): readonly string[] {
  switch (report.loop) {
    case 'online-dpo':
      return [];
    case 'bolt':
      return boltLines(report);
    case 'refine':
      return refineLines(report);
    case 'best-of-n':
      return bestOfNLines(report);
    case 'skillmix':
      return skillmixLines(report);
    case 'wildbench':
      return wildbenchLines(report);
    case 'magpie':
      return magpieLines(report);
  }
}
