import { formatCount, formatNumber } from '../../format-number.ts';
import { formatBounds } from '../format-interval.ts';
import type { BestOfNReport } from './best-of-n-report.ts';
import { ARM_NAME } from './words.ts';

/** Lines of the terminal's summary that only Best-of-N has. */
export function bestOfNLines({ arms, tally, judging }: BestOfNReport): readonly string[] {
  if (tally.prompts === 0) return [];
  const { judgeChosen, tied, onlyOneDistinct, sameRuler } = tally;
  const own = judging.steeredBy === 'policy' ? ', self-judged' : '';
  return [
    ...arms.map(
      ({ arm, interval, prompts }) =>
        `${ARM_NAME[arm]} ${formatNumber(interval?.mean ?? null, 2)} ${formatBounds(interval)} over ${formatCount(prompts)} prompts`,
    ),
    `judge ${formatNumber(judgeChosen?.all ?? null, 2)} -> ${formatNumber(judgeChosen?.chosen ?? null, 2)} over ${formatCount(judgeChosen?.n ?? 0)} prompts (it selected${own}: no measure of quality)`,
    `ties at the top on ${formatCount(tied.count)} of ${formatCount(tied.of)} prompts; all candidates the same on ${formatCount(onlyOneDistinct.count)} of ${formatCount(onlyOneDistinct.of)}`,
    ...(sameRuler.count === 0
      ? []
      : [
          `on ${formatCount(sameRuler.count)} of ${formatCount(sameRuler.of)} prompts the same code selects and measures: Best-of-N is the oracle by construction`,
        ]),
  ];
}
