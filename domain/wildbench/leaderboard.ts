import type { ConformanceMode } from './mode.ts';

/** A number with its interval, where one was drawn. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Judgments behind it. */
  readonly n: number;
}

/** What is known of one model. Scores are adjusted ones (-8 to 10), rewards fractions (-1 to 1). */
export interface LeaderboardEntry {
  readonly model: string;
  readonly score: Estimate | null;
  readonly taskMacroScore: number | null;
  /** Mean over baselines. */
  readonly reward: Estimate | null;
  readonly taskMacroReward: number | null;
  readonly elo: Estimate | null;
  readonly averageLengthChars: number | null;
}

/** One line of the table, in leaderboard units: scores x10 (-80 to 100), rewards x100 (-100 to 100). */
export interface LeaderboardRow extends LeaderboardEntry {
  /** Mean of the weighted score and reward, or of the plain ones where there are no groups. */
  readonly average: number | null;
  /** From 1, by average, then by score; models with equal numbers share one. */
  readonly rank: number;
}

/**
 * Ranks models. Upstream a missing reward counts 0 (quirk missing-reward-is-zero); strictly there is then no average, and
 * such models come after the others, by score.
 */
export function rankModels(entries: readonly LeaderboardEntry[], mode: ConformanceMode): readonly LeaderboardRow[] {
  const rows = entries
    .map((entry) => {
      const scaled = scaleEntry(entry);
      return { ...scaled, average: averageOf(scaled, mode) };
    })
    .toSorted((a, b) => compare(b.average, a.average) || compare(scoreOf(b), scoreOf(a)) || byName(a.model, b.model));
  return rows.map((row) => ({ ...row, rank: 1 + rows.findIndex((other) => hasSameNumbers(other, row)) }));
}

function scaleEntry(entry: LeaderboardEntry): LeaderboardEntry {
  return {
    ...entry,
    score: scaleEstimate(entry.score, 10),
    taskMacroScore: entry.taskMacroScore === null ? null : entry.taskMacroScore * 10,
    reward: scaleEstimate(entry.reward, 100),
    taskMacroReward: entry.taskMacroReward === null ? null : entry.taskMacroReward * 100,
  };
}

function scaleEstimate(estimate: Estimate | null, factor: number): Estimate | null {
  if (estimate === null) return null;
  const scale = (value: number | null) => (value === null ? null : value * factor);
  return { value: estimate.value * factor, low: scale(estimate.low), high: scale(estimate.high), n: estimate.n };
}

function averageOf(entry: LeaderboardEntry, mode: ConformanceMode): number | null {
  // Like is averaged with like: a weighted score with a weighted reward, or else the plain ones.
  const weighted = entry.taskMacroScore !== null && (entry.taskMacroReward !== null || entry.reward === null);
  const score = weighted ? entry.taskMacroScore : scoreOf(entry);
  const reward = weighted ? entry.taskMacroReward : (entry.reward?.value ?? null);
  if (score === null) return null;
  if (reward === null) return mode === 'upstream' ? score / 2 : null;
  return (score + reward) / 2;
}

function scoreOf({ score }: LeaderboardEntry): number | null {
  return score?.value ?? null;
}

function compare(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a - b;
}

/** By code unit, so that the order does not depend on a locale. */
function byName(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function hasSameNumbers(
  a: LeaderboardRow | { readonly average: number | null; readonly score: Estimate | null },
  b: { readonly average: number | null; readonly score: Estimate | null },
): boolean {
  return a.average === b.average && a.score?.value === b.score?.value;
}
