import { formatCount, formatNumber } from '../../format-number.ts';
import { undecidedNotes } from '../count-cells.ts';
import { formatBounds, formatConfidence } from '../format-interval.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { OnlineDpoReport, ReportDifference, ReportEvaluation } from './online-dpo-report.ts';

const LABEL = 'Held-out pass rate';

/** Says what the run changed on the held-out prompts: base against the last evaluated round. */
export function onlineDpoHeadline(
  report: Pick<OnlineDpoReport, 'evaluations' | 'differences' | 'confidence'>,
): ReportHeadline {
  const base = report.evaluations.find((evaluation) => evaluation.round === 0);
  const last = report.evaluations.at(-1);
  if (last === undefined) {
    return {
      label: LABEL,
      result: 'not evaluated',
      difference: 'no held-out evaluation was finished',
      denominators: 'no answers',
    };
  }
  const lastRate = formatNumber(last.interval?.mean ?? null, 2);
  if (base === undefined || last.round === 0) {
    return {
      label: LABEL,
      result: lastRate,
      difference: 'no round was evaluated, so there is no difference to report',
      denominators: denominators(last),
    };
  }
  return {
    label: LABEL,
    result: `${formatNumber(base.interval?.mean ?? null, 2)} -> ${lastRate}`,
    difference: differenceText(
      report.differences.find((entry) => entry.round === last.round),
      report.confidence,
    ),
    denominators: denominators(last),
  };
}

function differenceText(difference: ReportDifference | undefined, confidence: number): string {
  if (difference === undefined) return 'interval of the difference not reported';
  const bounds = formatBounds(difference.interval);
  return `${formatConfidence(confidence)} interval of the difference ${bounds}`;
}

function denominators(evaluation: ReportEvaluation): string {
  const { prompts, completions, failed, unparsed, truncated, undecided } = evaluation;
  const perPrompt = prompts > 0 && completions % prompts === 0 ? completions / prompts : null;
  const answers =
    perPrompt === null
      ? `${formatCount(prompts)} prompts, ${formatCount(completions)} answers`
      : `${formatCount(prompts)} prompts x ${formatCount(perPrompt)} answers`;
  return [
    answers,
    `${formatCount(failed)} failed`,
    `${formatCount(unparsed)} unparsed`,
    `${formatCount(truncated)} truncated`,
    ...undecidedNotes(undecided),
  ].join(', ');
}
