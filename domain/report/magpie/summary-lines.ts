import { formatCount, formatNumber } from '../../format-number.ts';
import type { MagpieReport } from './magpie-report.ts';

/** What the terminal says beside the rows: what each stage dropped, copies, replies that were cut, where the tokens went. */
export function magpieLines(report: MagpieReport): readonly string[] {
  const { funnel, all, replies, cutReplies, loopedReplies, notices } = report;
  const stages = funnel.flatMap(({ stage, entered, left, drops }) => {
    if (drops.length === 0) return [];
    const reasons = drops.map(({ by, reason, rows }) => `${by}: ${reason} ${formatCount(rows)}`).join(', ');
    return [`${stage}: ${formatCount(left)} of ${formatCount(entered)} left (${reasons})`];
  });
  return [
    ...stages,
    `exact duplicates ${formatCount(all.duplicates)} of ${formatCount(all.ended)}`,
    `replies cut by their length ${formatCount(cutReplies)} of ${formatCount(replies)}`,
    ...(loopedReplies === 0 ? [] : [`replies ended as loops ${formatCount(loopedReplies)} of ${formatCount(replies)}`]),
    `tokens spent on replies ${shareText(report)}`,
    ...notices.map((notice) => `note: ${notice}`),
  ];
}

/** Share of what models wrote, in words. */
export function shareText({ replyTokens, completionTokens }: MagpieReport): string {
  if (replyTokens === null || completionTokens === null || completionTokens === 0) return formatCount(null);
  const percent = formatNumber((100 * replyTokens) / completionTokens, 1);
  return `${formatCount(replyTokens)} of ${formatCount(completionTokens)} (${percent} %)`;
}
