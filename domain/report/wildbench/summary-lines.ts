import { renderLeaderboardLine } from './leaderboard-line.ts';
import type { WildbenchReport } from './wildbench-report.ts';

/** Lines of the terminal's summary that only WildBench has: a ranking a judge. */
export function wildbenchLines({ boards, judges }: WildbenchReport): readonly string[] {
  return boards.flatMap(({ judge, leaderboard }) => {
    const own = judges.find(({ name }) => name === judge)?.isAlso ?? [];
    const also = own.length === 0 ? '' : ` (also the model of ${own.join(', ')}: it judges itself)`;
    return [`judge ${judge}${also}`, ...leaderboard.map((row) => `  ${renderLeaderboardLine(row)}`)];
  });
}
