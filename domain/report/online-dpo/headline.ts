import { formatCount, formatNumber } from '../../format-number.ts';
import { undecidedNotes } from '../count-cells.ts';
import { formatBounds, formatConfidence } from '../format-interval.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { OnlineDpoReport, ReportDifference, ReportEvaluation } from './online-dpo-report.ts';

const LABEL = 'Held-out pass rate';

/** Says what the run changed on the held-out prompts: base against the version that it returns. */
export function onlineDpoHeadline(
  report: Pick<OnlineDpoReport, 'evaluations' | 'differences' | 'confidence'> &
    Partial<Pick<OnlineDpoReport, 'bestRound'>>,
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
  const best = report.evaluations.find((evaluation) => evaluation.round === report.bestRound) ?? last;
  const rateOf = (evaluation: ReportEvaluation) => formatNumber(evaluation.interval?.mean ?? null, 2);
  if (base === undefined || last.round === 0) {
    return {
      label: LABEL,
      result: rateOf(last),
      difference: 'no round was evaluated, so there is no difference to report',
      denominators: denominators(last),
    };
  }
  const differenceOf = (round: number) =>
    differenceText(
      report.differences.find((entry) => entry.round === round),
      report.confidence,
    );
  if (best.round === 0) {
    return {
      label: LABEL,
      result: `${rateOf(base)} -> ${rateOf(last)}`,
      difference: `${differenceOf(last.round)}; no accepted round is better than the base, which the run returns`,
      denominators: denominators(last),
    };
  }
  const isLast = best.round === last.round;
  return {
    label: LABEL,
    result: `${rateOf(base)} -> ${rateOf(best)}`,
    difference: `${differenceOf(best.round)}${isLast ? '' : `; best of the rounds is round ${best.round}, round ${last.round} has ${rateOf(last)}`}`,
    denominators: denominators(best),
  };
}

function differenceText(difference: ReportDifference | undefined, confidence: number): string {
  if (difference === undefined) return 'interval of the difference not reported';
  const bounds = formatBounds(difference.interval);
  return `${formatConfidence(confidence)} interval of the difference ${bounds}`;
}

function denominators(evaluation: ReportEvaluation): string {
  const { prompts, completions, failed, unparsed, truncated, looped, undecided } = evaluation;
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
    ...(looped === 0 ? [] : [`${formatCount(looped)} ended as loops`]),
    ...undecidedNotes(undecided),
  ].join(', ');
}
