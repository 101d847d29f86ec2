import { bootstrapMean, type BootstrapOptions, type Interval } from '../bootstrap.ts';
import { DataError } from '../errors.ts';
import { bootstrapMacro, type MacroInterval } from './macro-bootstrap.ts';
import type { ConformanceMode } from './mode.ts';
import { macroMean, type TaskGroup } from './task-groups.ts';

/** One answer and the judge's score for it. */
export interface ScoreJudgment {
  readonly sessionId: string;
  /** As the judge gave it, 1 to 10 where it kept to the scale; `null` when its reply could not be read. */
  readonly score: number | null;
  /** Length of the answer in code points. */
  readonly lengthChars: number;
  /** The answer was cut for the judge. */
  readonly truncated: boolean;
  readonly empty: boolean;
}

/** WB-Score of one model. Scores are 1 to 10; adjusted ones, groups and the weighted mean are -8 to 10. */
export interface ScoreSummary {
  /** Rows in the mean. */
  readonly total: number;
  /** Rows behind groups and mean length. */
  readonly kept: number;
  readonly unreadable: number;
  readonly empty: number;
  readonly truncated: number;
  readonly score: number | null;
  readonly adjustedScore: number | null;
  readonly averageLengthChars: number | null;
  readonly groups: ReadonlyMap<TaskGroup, { readonly value: number; readonly n: number }>;
  readonly taskMacroScore: number | null;
}

/** Groups of each task, by session id. */
export type GroupsBySession = ReadonlyMap<string, readonly TaskGroup[]>;

interface ScoredRow {
  readonly row: ScoreJudgment;
  readonly score: number;
}

/**
 * Aggregates the judgments of one model; see `SCORE_QUIRKS` for what the modes do differently.
 *
 * @throws DataError `data/invalid-row` for a task without tags or, in strict mode, one that was judged twice
 * @source WildBench (arXiv 2406.04770), WB-Score: S' = (S - 5) x 2
 */
export function aggregateScores(
  judgments: readonly ScoreJudgment[],
  mode: ConformanceMode,
  groupsBySession?: GroupsBySession,
): ScoreSummary {
  if (mode === 'strict') refuseRepeats(judgments);
  const scored = scoredRows(judgments, mode);
  const whole = judgments.filter(({ empty, truncated }) => !empty && !truncated);
  const lengths = whole.filter((row) => readScore(row, mode) !== null).map(({ lengthChars }) => lengthChars);
  const grouped = groupedRows(scored, mode);
  const score = meanOf(scored.map((entry) => entry.score));
  const groups = groupsBySession === undefined ? new Map<TaskGroup, GroupMean>() : groupMeans(grouped, groupsBySession);
  return {
    total: scored.length,
    kept: mode === 'upstream' ? grouped.length : lengths.length,
    unreadable: judgments.filter((row) => readScore(row, mode) === null).length,
    empty: judgments.filter(({ empty }) => empty).length,
    truncated: judgments.filter(({ truncated }) => truncated).length,
    score,
    adjustedScore: score === null ? null : adjustScore(score),
    averageLengthChars: meanOf(lengths),
    groups,
    taskMacroScore: macroMean(new Map([...groups].map(([group, { value }]) => [group, value])), mode),
  };
}

/** Mean score with its bootstrap interval over tasks; `null` without readable rows. */
export function bootstrapScore(
  judgments: readonly ScoreJudgment[],
  mode: ConformanceMode,
  options: BootstrapOptions,
): Interval | null {
  const scores = scoredRows(judgments, mode).map(({ score }) => score);
  return scores.length === 0 ? null : bootstrapMean(scores, options);
}

/** Interval of the weighted mean of adjusted scores over groups; `null` without a row in a group. @throws DataError */
export function bootstrapMacroScore(
  judgments: readonly ScoreJudgment[],
  mode: ConformanceMode,
  groupsBySession: GroupsBySession,
  options: BootstrapOptions,
): MacroInterval | null {
  const tasks = groupedRows(scoredRows(judgments, mode), mode).map(({ row, score }) => ({
    value: adjustScore(score),
    groups: groupsOf(row.sessionId, groupsBySession),
  }));
  return bootstrapMacro(tasks, mode, options);
}

/** Moves a score of 1 to 10 to -8 to 10, with 0 at the borderline. */
export function adjustScore(score: number): number {
  return (score - 5) * 2;
}

interface GroupMean {
  readonly value: number;
  readonly n: number;
}

function scoredRows(judgments: readonly ScoreJudgment[], mode: ConformanceMode): ScoredRow[] {
  return judgments.flatMap((row) => {
    const score = readScore(row, mode);
    return score === null || (mode === 'strict' && row.truncated) ? [] : [{ row, score }];
  });
}

/** Rows behind the groups (quirk two-populations). */
function groupedRows(scored: readonly ScoredRow[], mode: ConformanceMode): readonly ScoredRow[] {
  return mode === 'upstream' ? scored.filter(({ row }) => !row.empty && !row.truncated) : scored;
}

/** Upstream takes any number (quirks no-range-check, judged-empties). */
function readScore({ score, empty }: ScoreJudgment, mode: ConformanceMode): number | null {
  if (mode === 'upstream') return score;
  if (empty) return 1;
  return score !== null && Number.isInteger(score) && score >= 1 && score <= 10 ? score : null;
}

function groupMeans(rows: readonly ScoredRow[], groupsBySession: GroupsBySession): Map<TaskGroup, GroupMean> {
  const scores = new Map<TaskGroup, number[]>();
  for (const { row, score } of rows) {
    for (const group of groupsOf(row.sessionId, groupsBySession)) {
      const list = scores.get(group);
      if (list === undefined) scores.set(group, [score]);
      else list.push(score);
    }
  }
  return new Map(
    [...scores].map(([group, list]) => [group, { value: adjustScore(meanOf(list) ?? 0), n: list.length }]),
  );
}

/** Groups of one task. @throws DataError `data/invalid-row` when the tags don't have it */
export function groupsOf(sessionId: string, groupsBySession: GroupsBySession): readonly TaskGroup[] {
  const groups = groupsBySession.get(sessionId);
  if (groups !== undefined) return groups;
  throw new DataError(
    'data/invalid-row',
    `The tags have no task ${JSON.stringify(sessionId)}; give the tags of the task set that was judged.`,
  );
}

function refuseRepeats(judgments: readonly ScoreJudgment[]): void {
  const seen = new Set<string>();
  for (const { sessionId } of judgments) {
    if (seen.has(sessionId)) {
      throw new DataError(
        'data/invalid-row',
        `The task ${JSON.stringify(sessionId)} was judged twice; keep one judgment of a model and task, or use --mode upstream.`,
      );
    }
    seen.add(sessionId);
  }
}

/** Sums in order, as Python's `sum` did before 3.12: the published last bits depend on it. */
function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
