import { bootstrapPairedDifference, type BootstrapOptions } from '../bootstrap.ts';
import type { GroupValue, JudgeBoard, PolicyDifference, PolicyResult, RewardResult, ScoreResult } from './board.ts';
import { rateModels } from './elo.ts';
import type { AnswerPair, AnswerScore } from './judgments.ts';
import { rankModels, type Estimate, type LeaderboardEntry } from './leaderboard.ts';
import { bootstrapMacro } from './macro-bootstrap.ts';
import type { ConformanceMode } from './mode.ts';
import { countPairs } from './pairs.ts';
import { mixRewards } from './reward-mix.ts';
import { summarizeCounts, sumCounts, type RewardSummary } from './reward.ts';
import {
  adjustScore,
  aggregateScores,
  bootstrapMacroScore,
  bootstrapScore,
  groupsOf,
  type GroupsBySession,
  type ScoreSummary,
} from './score.ts';
import { bootstrapTasks, rewardsByTask } from './task-bootstrap.ts';
import type { TaskGroup } from './task-groups.ts';
import { votesFromScores } from './votes.ts';

/** What was compared, and by what rules. */
export interface ComparisonSettings {
  readonly mode: ConformanceMode;
  /** Names of the policies. */
  readonly policies: readonly string[];
  readonly baselines: readonly string[];
  /** The policy that the others are measured against. */
  readonly reference: string;
  /** The first one makes the leaderboard. */
  readonly lengthPenaltiesChars: readonly number[];
  readonly bothOrders: boolean;
  /** Tasks of the whole set. */
  readonly tasks: number;
  readonly groups: GroupsBySession;
  readonly bootstrap: BootstrapOptions;
}

/** Judgments of one policy by one judge. */
export interface PolicyJudgments {
  readonly policy: string;
  readonly scores: readonly AnswerScore[];
  readonly pairs: readonly AnswerPair[];
}

/** How one judge was asked. */
export interface JudgeRole {
  readonly judge: string;
  readonly scores: boolean;
  readonly pairs: boolean;
}

interface Measured extends PolicyResult {
  readonly entry: LeaderboardEntry;
}

/** @source WildBench repository, show_eval.sh and wb_elo_results.json: K 4, margins 2, length margin 1500, 128 rounds */
const ELO = {
  kFactor: 4,
  initialRating: 1000,
  dynamic: false,
  interval: 0,
  lengthMarginChars: 1500,
  rounds: 128,
} as const;
const ELO_MARGINS = { margin: 2, tieMargin: 2 } as const;

/** Everything that one judge's judgments say of all policies. */
export function rankRun(
  { judge, ...role }: JudgeRole,
  judgments: readonly PolicyJudgments[],
  settings: ComparisonSettings,
): JudgeBoard {
  const reference = judgments.find(({ policy }) => policy === settings.reference)?.scores ?? [];
  const measured = judgments.map((own) => measurePolicy(role, own, reference, settings));
  const elo = role.scores ? rateByScores(judgments, settings) : new Map<string, Estimate>();
  const entries = measured.map(({ entry }) => ({ ...entry, elo: elo.get(entry.model) ?? null }));
  return {
    judge,
    leaderboard: rankModels(entries, settings.mode),
    policies: measured.map(({ entry: _entry, ...result }) => result),
  };
}

function measurePolicy(
  role: Omit<JudgeRole, 'judge'>,
  { policy, scores, pairs }: PolicyJudgments,
  reference: readonly AnswerScore[],
  settings: ComparisonSettings,
): Measured {
  const summary = role.scores ? aggregateScores(scores, settings.mode, settings.groups) : null;
  const isReference = policy === settings.reference;
  const aboveReference = isReference ? null : differenceOf(reference, scores, settings);
  const rewards = role.pairs ? measureRewards(policy, pairs, settings) : [];
  return {
    policy,
    scores: summary === null ? null : scoreResult(summary, scores, aboveReference, settings),
    rewards,
    entry: {
      model: policy,
      score: summary === null ? null : scoreEstimate(summary, scores, settings),
      taskMacroScore: summary?.taskMacroScore ?? null,
      ...(role.pairs ? mixOf(policy, pairs, settings) : { reward: null, taskMacroReward: null }),
      elo: null,
      averageLengthChars: summary?.averageLengthChars ?? null,
    },
  };
}

function scoreResult(
  summary: ScoreSummary,
  scores: readonly AnswerScore[],
  aboveReference: PolicyDifference | null,
  { tasks, mode, groups, bootstrap }: ComparisonSettings,
): ScoreResult {
  const { score, adjustedScore, total, kept, unreadable, empty, truncated, taskMacroScore } = summary;
  return {
    score,
    adjustedScore,
    total,
    kept,
    unreadable,
    empty,
    truncated,
    taskMacroScore,
    taskMacroInterval: bootstrapMacroScore(scores, mode, groups, bootstrap),
    aboveReference,
    missing: tasks - scores.length,
    groups: listGroups(summary.groups),
  };
}

function scoreEstimate(
  { adjustedScore, total }: ScoreSummary,
  scores: readonly AnswerScore[],
  { mode, bootstrap }: ComparisonSettings,
): Estimate | null {
  if (adjustedScore === null) return null;
  const interval = bootstrapScore(scores, mode, bootstrap);
  return {
    value: adjustedScore,
    low: interval === null ? null : adjustScore(interval.low),
    high: interval === null ? null : adjustScore(interval.high),
    n: total,
  };
}

/** Over the tasks that both have a score for: the same tasks weigh on both sides. */
function differenceOf(
  before: readonly AnswerScore[],
  after: readonly AnswerScore[],
  { mode, bootstrap }: ComparisonSettings,
): PolicyDifference | null {
  const usable = (rows: readonly AnswerScore[]) =>
    new Map(
      rows.flatMap(({ sessionId, score, truncated }) =>
        score === null || (mode === 'strict' && truncated) ? [] : [[sessionId, adjustScore(score)] as const],
      ),
    );
  const earlier = usable(before);
  const shared = [...usable(after)].flatMap(([sessionId, score]) => {
    const other = earlier.get(sessionId);
    return other === undefined ? [] : [[other, score] as const];
  });
  if (shared.length === 0) return null;
  return bootstrapPairedDifference(
    shared.map(([other]) => other),
    shared.map(([, score]) => score),
    bootstrap,
  );
}

function measureRewards(
  policy: string,
  pairs: readonly AnswerPair[],
  settings: ComparisonSettings,
): readonly RewardResult[] {
  const { mode, groups, bootstrap, tasks, bothOrders } = settings;
  return settings.baselines
    .filter((baseline) => baseline !== policy)
    .flatMap((baseline) => {
      const against = pairs.filter((pair) => pair.baseline === baseline);
      return settings.lengthPenaltiesChars.map((lengthPenaltyChars): RewardResult => {
        const counted = countPairs(against, lengthPenaltyChars, mode, groups);
        const summary = summarizeCounts(counted, mode);
        const byTask = rewardsByTask(against, lengthPenaltyChars, mode);
        const interval = bootstrapTasks([byTask], 0, bootstrap);
        const grouped = [...byTask].map(([task, value]) => ({ value, groups: groupsOf(task, groups) }));
        const { counts, total, unreadable, dropped, consistency } = counted;
        return {
          baseline,
          lengthPenaltyChars,
          counts,
          total,
          unreadable,
          dropped,
          consistency,
          reward: summary.reward,
          low: interval?.low ?? null,
          high: interval?.high ?? null,
          counted: sumCounts(counts),
          missing: tasks * (bothOrders ? 2 : 1) - against.length,
          groups: listGroups(summary.groups),
          taskMacroReward: summary.taskMacroReward,
          taskMacroInterval: bootstrapMacro(grouped, mode, bootstrap),
        };
      });
    });
}

/** The mean over the baselines, for the leaderboard. */
function mixOf(
  policy: string,
  pairs: readonly AnswerPair[],
  { mode, baselines, lengthPenaltiesChars, groups, bootstrap }: ComparisonSettings,
): Pick<LeaderboardEntry, 'reward' | 'taskMacroReward'> {
  const [penalty = -1] = lengthPenaltiesChars;
  const others = baselines.filter((baseline) => baseline !== policy);
  const against = (baseline: string) => pairs.filter((pair) => pair.baseline === baseline);
  const summaries = new Map<string, RewardSummary>(
    others.map((baseline) => [baseline, summarizeCounts(countPairs(against(baseline), penalty, mode, groups), mode)]),
  );
  const mix = mixRewards(policy, baselines, summaries, mode);
  if (mix.reward === null) return { reward: null, taskMacroReward: null };
  const interval = bootstrapTasks(
    others.map((baseline) => rewardsByTask(against(baseline), penalty, mode)),
    baselines.length - others.length,
    bootstrap,
  );
  return {
    reward: { value: mix.reward, low: interval?.low ?? null, high: interval?.high ?? null, n: interval?.n ?? 0 },
    taskMacroReward: mix.taskMacroReward,
  };
}

function rateByScores(
  judgments: readonly PolicyJudgments[],
  { mode, bootstrap }: ComparisonSettings,
): ReadonlyMap<string, Estimate> {
  const votes = votesFromScores(new Map(judgments.map(({ policy, scores }) => [policy, scores])), ELO_MARGINS);
  if (votes.length === 0) return new Map();
  const { rounds, ...options } = ELO;
  const ratings = rateModels(
    votes,
    { mode, anchors: new Map(), ...options },
    { rounds, seed: bootstrap.seed, sampling: mode === 'strict' ? 'bootstrap' : 'shuffle' },
  );
  return new Map([...ratings].map(([model, { mean, low, high, votes: n }]) => [model, { value: mean, low, high, n }]));
}

function listGroups(
  groups: ReadonlyMap<TaskGroup, { readonly value: number; readonly n: number }>,
): readonly GroupValue[] {
  return [...groups].map(([group, { value, n }]) => ({ group, value, n }));
}
