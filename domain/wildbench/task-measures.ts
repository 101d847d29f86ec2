import type { BootstrapOptions, Interval } from '../bootstrap.ts';
import type { RewardResult, ScoreResult } from './board.ts';
import type { AnswerPair, AnswerScore } from './judgments.ts';
import { rankRun } from './rank-run.ts';
import { adjustScore, bootstrapScore, type GroupsBySession } from './score.ts';
import { rewardsByTask } from './task-bootstrap.ts';

/** WB-Score of one version, -8 to 10 with 0 at the borderline. */
export interface TaskScores extends Pick<ScoreResult, 'unreadable' | 'empty' | 'truncated' | 'missing'> {
  /** Over the tasks with a readable score; `null` without any. */
  readonly interval: Interval | null;
  /** Less that of the initial version, paired by task; `null` for that version itself and where no task has both. */
  readonly change: Interval | null;
}

/** WB-Reward of one version against the initial one, -1 to 1; 0 is as good. */
export interface TaskReward extends Pick<
  RewardResult,
  | 'reward'
  | 'low'
  | 'high'
  | 'lengthPenaltyChars'
  | 'counts'
  | 'counted'
  | 'unreadable'
  | 'dropped'
  | 'missing'
  | 'consistency'
> {
  /** Tasks behind the interval: both orders of a pair are one. */
  readonly tasks: number;
}

/** What a judge says of the answers of one version to a set of tasks. */
export interface TaskMeasures {
  readonly tasks: number;
  /** Version that it is compared with. */
  readonly initialRound: number;
  /** `null` where the judge gives no scores. */
  readonly scores: TaskScores | null;
  /** `null` where the judge compares no answers, and for the initial version itself. */
  readonly reward: TaskReward | null;
}

/** Judgments of one version, and of the one that it is compared with. */
export interface VersionJudgments {
  readonly tasks: number;
  readonly groups: GroupsBySession;
  readonly initialRound: number;
  /** `null` where the judge gives no scores. */
  readonly scores: readonly AnswerScore[] | null;
  /** Of the initial version; `null` when this is that version. */
  readonly initialScores: readonly AnswerScore[] | null;
  readonly pairs: readonly AnswerPair[] | null;
  readonly bothOrders: boolean;
  readonly lengthPenaltyChars: number;
}

/** The baseline's name in stored pairs. */
export const INITIAL_VERSION = 'initial';
const VERSION = 'version';

/** Aggregates the judgments of one version as a comparison of two policies does, strictly. */
export function measureVersion(judgments: VersionJudgments, bootstrap: BootstrapOptions): TaskMeasures {
  const { tasks, groups, initialRound, scores, initialScores, pairs } = judgments;
  const { policies } = rankRun(
    { judge: 'judge', scores: scores !== null, pairs: pairs !== null },
    [
      { policy: INITIAL_VERSION, scores: initialScores ?? [], pairs: [] },
      { policy: VERSION, scores: scores ?? [], pairs: pairs ?? [] },
    ],
    {
      mode: 'strict',
      policies: [INITIAL_VERSION, VERSION],
      baselines: [INITIAL_VERSION],
      reference: INITIAL_VERSION,
      lengthPenaltiesChars: [judgments.lengthPenaltyChars],
      bothOrders: judgments.bothOrders,
      tasks,
      groups,
      bootstrap,
    },
  );
  const measured = policies.find(({ policy }) => policy === VERSION);
  const [reward = null] = measured?.rewards ?? [];
  return {
    tasks,
    initialRound,
    scores: measured?.scores ? toTaskScores(measured.scores, scores ?? [], bootstrap) : null,
    reward: reward === null ? null : toTaskReward(reward, pairs ?? []),
  };
}

function toTaskScores(
  { unreadable, empty, truncated, missing, aboveReference }: ScoreResult,
  rows: readonly AnswerScore[],
  bootstrap: BootstrapOptions,
): TaskScores {
  const raw = bootstrapScore(rows, 'strict', bootstrap);
  const interval =
    raw === null
      ? null
      : { mean: adjustScore(raw.mean), low: adjustScore(raw.low), high: adjustScore(raw.high), n: raw.n };
  return { interval, change: aboveReference, unreadable, empty, truncated, missing };
}

function toTaskReward(result: RewardResult, pairs: readonly AnswerPair[]): TaskReward {
  const { reward, low, high, lengthPenaltyChars, counts, counted, unreadable, dropped, missing, consistency } = result;
  const tasks = rewardsByTask(pairs, lengthPenaltyChars, 'strict').size;
  return { reward, low, high, tasks, lengthPenaltyChars, counts, counted, unreadable, dropped, missing, consistency };
}
