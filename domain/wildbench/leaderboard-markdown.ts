import { LEADERBOARD_HEADS, leaderboardCells } from './leaderboard-cells.ts';
import type { LeaderboardRow } from './leaderboard.ts';

/** Control, format and line-breaking characters: they would break a row or reorder the text around it. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** The leaderboard as a Markdown table; a model's name can't break its cell or become markup. */
export function renderLeaderboardMarkdown(rows: readonly LeaderboardRow[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(LEADERBOARD_HEADS.map(escapeMarkdown)),
    line(LEADERBOARD_HEADS.map((_head, index) => (index === 1 ? '---' : '---:'))),
    ...rows.map((row) => line(leaderboardCells(row).map(escapeMarkdown))),
  ].join('\n');
}

/** Numbers as we write them have no markup in them, so what they hold stays readable. */
const PLAIN = /^[\w .,%()[\]+-]*$/;

function escapeMarkdown(text: string): string {
  const seen = text.replace(UNSEEN, ' ');
  if (PLAIN.test(seen) && !/_|\]\(/.test(seen)) return seen;
  return seen
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~@:/-]/g, String.raw`\$&`);
}
