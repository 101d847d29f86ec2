import { formatCount, formatNumber } from '../../format-number.ts';
import { formatBounds, formatSigned } from '../format-interval.ts';
import type { RefineReport } from './refine-report.ts';
import { STOP_WORDS } from './words.ts';

/** Lines of the terminal's summary that only self-refinement has. */
export function refineLines({ loops, judging, advantage }: RefineReport): readonly string[] {
  const stick = loops.find(({ loop }) => loop === 'refine');
  if (stick === undefined || stick.prompts === 0) return [];
  const [first, returned] = [stick.turns[0]?.judge ?? null, stick.returned.judge];
  const { rewritesAsked, turnedDown, stopReasons, prompts } = stick;
  const refused = turnedDown.reduce((sum, [, count]) => sum + count, 0);
  const reasons = stopReasons.map(([reason, count]) => `${formatCount(count)} ${STOP_WORDS[reason]}`);
  const own = judging.steeredBy === 'policy' ? ', self-judged' : '';
  return [
    ...(advantage?.returned
      ? [
          `STICK minus self-refine ${formatSigned(advantage.returned.mean, 2)} ${formatBounds(advantage.returned)} over ${formatCount(advantage.returned.n)} prompts`,
        ]
      : []),
    `judge ${formatNumber(first?.mean ?? null, 2)} -> ${formatNumber(returned?.mean ?? null, 2)} over ${formatCount(returned?.n ?? 0)} prompts (it steered${own}: no measure of quality)`,
    `rewrites ${formatCount(rewritesAsked)} asked for, ${formatCount(refused)} turned down`,
    `stopped, of ${formatCount(prompts)} prompts: ${reasons.join(', ')}`,
  ];
}
