import { formatCount, formatNumber } from '../../format-number.ts';
import type { Estimate, LeaderboardRow } from '../../wildbench/leaderboard.ts';

/** One row of a leaderboard as a line of text. */
export function renderLeaderboardLine({ rank, model, score, reward, elo }: LeaderboardRow): string {
  const parts = [
    estimateText('score', score, 'answers'),
    estimateText('reward', reward, 'tasks'),
    estimateText('Elo', elo, 'votes'),
  ];
  return `${rank}. ${model}: ${parts.flatMap((part) => part ?? []).join('; ') || 'not judged'}`;
}

function estimateText(name: string, estimate: Estimate | null, of: string): string | null {
  if (estimate === null) return null;
  const { value, low, high, n } = estimate;
  const bounds = low === null || high === null ? '' : ` [${formatNumber(low, 1)}, ${formatNumber(high, 1)}]`;
  return `${name} ${formatNumber(value, 1)}${bounds} over ${formatCount(n)} ${of}`;
}
