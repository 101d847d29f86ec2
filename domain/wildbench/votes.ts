import type { ScoreJudgment } from './score.ts';

/** One comparison of two models on one task. */
export interface Vote {
  readonly sessionId: string;
  readonly model1: string;
  readonly model2: string;
  readonly winner: 'model1' | 'model2' | 'tie';
  /** Lengths in code points; `null` where unknown, and then no length rule applies. */
  readonly lengthChars1: number | null;
  readonly lengthChars2: number | null;
}

/** Score differences that make a vote. */
export interface VoteMargins {
  /** Smallest difference that is a win. */
  readonly margin: number;
  /** Largest difference that is a tie, where it is no win; in between there is no vote. */
  readonly tieMargin: number;
}

/**
 * Votes from scores: each task and each unordered pair of models, pairs with an empty or truncated answer left out.
 *
 * @param judgmentsByModel the score judgments of each model; unreadable ones make no vote
 * @source WildBench repository, leaderboard/wb_elo.py: `get_all_votes`
 */
export function votesFromScores(
  judgmentsByModel: ReadonlyMap<string, readonly ScoreJudgment[]>,
  margins: VoteMargins,
): readonly Vote[] {
  const bySession = new Map<string, Map<string, ScoreJudgment>>();
  for (const [model, judgments] of judgmentsByModel) {
    for (const row of judgments) {
      const models = bySession.get(row.sessionId) ?? new Map<string, ScoreJudgment>();
      models.set(model, row);
      bySession.set(row.sessionId, models);
    }
  }
  return [...bySession.values()].flatMap((models) => votesOfTask([...models], margins));
}

function votesOfTask(rows: readonly (readonly [string, ScoreJudgment])[], margins: VoteMargins): Vote[] {
  const usable = rows.filter(([, { score, empty, truncated }]) => score !== null && !empty && !truncated);
  return usable.flatMap(([model1, first], index) =>
    usable.slice(index + 1).flatMap(([model2, second]): Vote[] => {
      const winner = decide((first.score ?? 0) - (second.score ?? 0), margins);
      if (winner === null) return [];
      return [
        {
          sessionId: first.sessionId,
          model1,
          model2,
          winner,
          lengthChars1: first.lengthChars,
          lengthChars2: second.lengthChars,
        },
      ];
    }),
  );
}

function decide(difference: number, { margin, tieMargin }: VoteMargins): Vote['winner'] | null {
  // A margin of 0 makes no winner out of equal scores.
  if (difference !== 0 && Math.abs(difference) >= margin) return difference > 0 ? 'model1' : 'model2';
  return Math.abs(difference) <= tieMargin ? 'tie' : null;
}
