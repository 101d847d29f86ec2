import { formatCount, formatNumber } from '../../format-number.ts';
import { undecidedNotes } from '../count-cells.ts';
import { formatBounds, formatConfidence, formatSigned } from '../format-interval.ts';
import { NOT_MEASURED } from '../judging-notes.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { LoopResult, RefineReport } from './refine-report.ts';

/** Says what rewriting changed: the first answers against what STICK returned. */
export function refineHeadline(report: RefineReport): ReportHeadline {
  const stick = report.loops.find(({ loop }) => loop === 'refine');
  const label = 'Gold pass rate, first answers and what STICK returned';
  if (stick === undefined || stick.prompts === 0) {
    return {
      label,
      result: 'not measured',
      difference: 'no shard of prompts was finished',
      denominators: `0 of ${formatCount(report.promptsInSet)} prompts`,
    };
  }
  const { gold, change } = stick.returned;
  const first = stick.turns[0]?.gold ?? null;
  if (gold === null || first === null) {
    return { label, result: 'not measured', difference: NOT_MEASURED, denominators: denominators(stick, report, null) };
  }
  return {
    label,
    result: `${formatNumber(first.mean, 2)} -> ${formatNumber(gold.mean, 2)}`,
    difference:
      change === null
        ? 'interval of the difference not reported'
        : `paired difference ${formatSigned(change.mean, 2)}, ${formatConfidence(report.confidence)} interval ${formatBounds(change)}`,
    denominators: denominators(stick, report, change?.n ?? 0),
  };
}

function denominators(
  { prompts, answered, answers, truncated, looped, goldUndecided }: LoopResult,
  { promptsInSet }: RefineReport,
  measured: number | null,
): string {
  return [
    ...(measured === null ? [] : [`${formatCount(measured)} prompts before and after`]),
    `${formatCount(prompts)} of ${formatCount(promptsInSet)} prompts finished`,
    `${formatCount(prompts - answered)} without any answer`,
    `${formatCount(truncated)} of ${formatCount(answers)} answers truncated`,
    ...(looped === 0 ? [] : [`${formatCount(looped)} ended as loops`]),
    ...undecidedNotes(goldUndecided),
  ].join(', ');
}
