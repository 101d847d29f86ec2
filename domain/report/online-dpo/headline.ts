import { formatCount, formatNumber } from './format-number.ts';
import type { ReportDifference, ReportEvaluation, ReportInterval, RunReport } from './run-report.ts';

/** The one result of a run, in words and numbers. */
export interface ReportHeadline {
  /** `0.26 -> 0.47`, or one number when only the base was evaluated. */
  readonly result: string;
  /** What is known about the difference. */
  readonly difference: string;
  /** What the last number was taken over. */
  readonly denominators: string;
}

/** Says what the run changed on the held-out prompts: base against the last evaluated round. */
export function reportHeadline(report: RunReport): ReportHeadline {
  const base = report.evaluations.find((evaluation) => evaluation.round === 0);
  const last = report.evaluations.at(-1);
  if (last === undefined) {
    return { result: 'not evaluated', difference: 'no held-out evaluation was finished', denominators: 'no answers' };
  }
  const lastRate = formatNumber(last.interval?.mean ?? null, 2);
  if (base === undefined || last.round === 0) {
    return {
      result: lastRate,
      difference: 'no round was evaluated, so there is no difference to report',
      denominators: denominators(last),
    };
  }
  return {
    result: `${formatNumber(base.interval?.mean ?? null, 2)} -> ${lastRate}`,
    difference: differenceText(
      report.differences.find((entry) => entry.round === last.round),
      report.confidence,
    ),
    denominators: denominators(last),
  };
}

/** `[0.10, 0.31]`, or `not reported` where a bound is missing. */
export function formatBounds(interval: ReportInterval | null): string {
  if (interval === null || interval.low === null || interval.high === null) return formatNumber(null, 2);
  return `[${formatNumber(interval.low, 2)}, ${formatNumber(interval.high, 2)}]`;
}

/** `95 %` for 0.95. */
export function formatConfidence(confidence: number): string {
  return `${Number((confidence * 100).toFixed(2))} %`;
}

function differenceText(difference: ReportDifference | undefined, confidence: number): string {
  if (difference === undefined) return 'interval of the difference not reported';
  const bounds = formatBounds(difference.interval);
  return `${formatConfidence(confidence)} interval of the difference ${bounds}`;
}

function denominators(evaluation: ReportEvaluation): string {
  const { prompts, completions, failed, unparsed, truncated } = evaluation;
  const perPrompt = prompts > 0 && completions % prompts === 0 ? completions / prompts : null;
  const answers =
    perPrompt === null
      ? `${formatCount(prompts)} prompts, ${formatCount(completions)} answers`
      : `${formatCount(prompts)} prompts x ${formatCount(perPrompt)} answers`;
  return `${answers}, ${formatCount(failed)} failed, ${formatCount(unparsed)} unparsed, ${formatCount(truncated)} truncated`;
}
