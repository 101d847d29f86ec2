import { formatCount, formatNumber } from '../../format-number.ts';
import { undecidedNotes } from '../count-cells.ts';
import { formatBounds, formatConfidence, formatSigned } from '../format-interval.ts';
import { NOT_MEASURED } from '../judging-notes.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { BestOfNReport } from './best-of-n-report.ts';

/** Says what selection gained: a random candidate against the chosen one. */
export function bestOfNHeadline(report: BestOfNReport): ReportHeadline {
  const label = 'Gold pass rate, a random candidate and the best of N';
  const { arms, tally } = report;
  const best = arms.find(({ arm }) => arm === 'best-of-n');
  const random = arms.find(({ arm }) => arm === 'random-of-n');
  const denominators = denominatorsOf(report);
  if (tally.prompts === 0) {
    return { label, result: 'not measured', difference: 'no shard of prompts was finished', denominators };
  }
  if (!best?.interval || !random?.interval) {
    return { label, result: 'not measured', difference: NOT_MEASURED, denominators };
  }
  const gain = random.gainOverArm;
  return {
    label,
    result: `${formatNumber(random.interval.mean, 2)} -> ${formatNumber(best.interval.mean, 2)}`,
    difference:
      gain === null
        ? 'interval of the difference not reported'
        : `paired difference ${formatSigned(gain.mean, 2)} over ${formatCount(gain.n)} prompts, ${formatConfidence(report.confidence)} interval ${formatBounds(gain)}`,
    denominators,
  };
}

function denominatorsOf({ tally, promptsInSet, samplesPerPrompt }: BestOfNReport): string {
  const { prompts, candidates, truncated, looped, goldUndecided } = tally;
  return [
    `${formatCount(prompts)} of ${formatCount(promptsInSet)} prompts finished`,
    `N = ${samplesPerPrompt}`,
    `${formatCount(candidates.of - candidates.count)} of ${formatCount(candidates.of)} candidates failed`,
    `${formatCount(truncated.count)} of ${formatCount(truncated.of)} truncated`,
    ...(looped.count === 0 ? [] : [`${formatCount(looped.count)} of ${formatCount(looped.of)} ended as loops`]),
    ...undecidedNotes(goldUndecided),
  ].join(', ');
}
