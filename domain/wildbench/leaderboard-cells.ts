import { formatCount, formatNumber } from '../format-number.ts';
import type { Estimate, LeaderboardRow } from './leaderboard.ts';

/** Heads of the table, left to right. */
export const LEADERBOARD_HEADS = [
  'Rank',
  'Model',
  'Average',
  'WB-Score x10 [95%] (n)',
  'Weighted score x10',
  'WB-Reward x100 [95%] (n)',
  'Weighted reward x100',
  'WB-Elo [95%] (votes)',
  'Mean length, characters',
] as const;

/** One row as texts, unescaped: the model's name is whatever a file said. */
export function leaderboardCells(row: LeaderboardRow): readonly string[] {
  return [
    String(row.rank),
    row.model,
    formatNumber(row.average, 2),
    formatEstimate(row.score),
    formatNumber(row.taskMacroScore, 2),
    formatEstimate(row.reward),
    formatNumber(row.taskMacroReward, 2),
    formatEstimate(row.elo),
    formatCount(row.averageLengthChars),
  ];
}

function formatEstimate(estimate: Estimate | null): string {
  if (estimate === null) return formatNumber(null, 2);
  const { value, low, high, n } = estimate;
  const interval = low === null || high === null ? '' : ` [${formatNumber(low, 2)}, ${formatNumber(high, 2)}]`;
  return `${formatNumber(value, 2)}${interval} (${formatCount(n)})`;
}
