import type { Interval } from './bootstrap.ts';
import type { KlMeasure } from './gates/estimate-kl.ts';
import type { MeanOf } from './gates/round-measures.ts';
import type { PolicyVersion } from './policy-version.ts';
import type { SaturationCounts } from './rounds/count-saturated.ts';
import type { ThinnedCounts } from './rounds/thin-checklist.ts';
import type { TaskMeasures } from './wildbench/task-measures.ts';

/** One start of a loop, as every activity is told of it. */
export interface RunRef {
  readonly runName: string;
  /** Absolute path of the artifact store. */
  readonly storeRoot: string;
  /** sha256 (hex) of the resolved config. */
  readonly configHash: string;
}

/**
 * What rollouts are drawn for: to train on, to measure a policy on held-out prompts, as first answers, as rewrites of one
 * loop or the other, as candidates, or as the greedy baseline; of BOLT, responses with thoughts, their solutions alone, and
 * answers to the queries that its report follows; answers to tasks that measure each version beside the held-out prompts.
 */
export type SampleStage =
  | 'sample'
  | 'evaluate'
  | 'answer'
  | 'refine'
  | 'self-refine'
  | 'candidates'
  | 'greedy'
  | 'bootstrap'
  | 'solutions'
  | 'follow'
  | 'tasks';

/** Whose verdicts: the judge's, which steer a loop, or the gold judge's, which only measure it. */
export type JudgeRole = 'judge' | 'gold';

/** The prompt sets of a run. */
export type PromptSetName = 'train' | 'held-out' | 'prompts' | 'collected' | 'given' | 'curated' | 'followed' | 'tasks';

/** A prompt set that was cut into shards. */
export interface PromptSet {
  readonly shards: number;
  readonly rows: number;
}

/** Prompts that a round drew, as shards of its own. */
export interface DrawnPrompts extends PromptSet {
  /** Number of the first of these shards within the round. */
  readonly firstShard: number;
}

/** What `openRun` found out before anything was spent. */
export interface OpenedRun {
  readonly basePolicy: PolicyVersion;
  readonly sets: Readonly<Partial<Record<PromptSetName, PromptSet>>>;
  /** Whether gold verdicts can be had: each given item has a verifier, or there is a gold judge. */
  readonly measurable: boolean;
}

/** A prompt set of an opened run. @throws Error when its loop has no such set: a mistake in the workflow */
export function promptSet({ sets }: OpenedRun, name: PromptSetName): PromptSet {
  const set = sets[name];
  if (set === undefined) throw new Error(`The run was opened without the prompt set "${name}".`);
  return set;
}

/** A stage over one shard; `round` is the training round, or the turn of a refinement. */
export interface ShardTask {
  readonly run: RunRef;
  readonly stage: SampleStage;
  readonly round: number;
  readonly shard: number;
  readonly policy: PolicyVersion;
  /** Whose verdicts are asked for; the judge's unless told otherwise. */
  readonly role?: JudgeRole;
}

/** Counts over rollouts; every rate in a report has its denominator here. */
export interface RolloutCounts {
  /** Model calls that drew them, each for one or more rollouts. */
  readonly calls: number;
  readonly rollouts: number;
  readonly failed: number;
  /** Ended by the length limit. */
  readonly truncated: number;
  /** Ended by the server because they looped; absent of what was counted before that could be asked for. */
  readonly looped?: number;
  readonly yes: number;
  readonly no: number;
  readonly unparsed: number;
  /** Sum of pass rates over the rollouts that have one, and how many have one. */
  readonly passRateSum: number;
  readonly passRateCount: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls sent to judges, whatever became of them, and the tokens that were reported for them. */
  readonly judgeCalls: number;
  readonly judgePromptTokens: number;
  readonly judgeCompletionTokens: number;
  /** Judge calls whose tokens are not in these sums: not reported, refused, failed or lost. */
  readonly unreportedUsage: number;
  /** Verdicts of gold on the same rollouts, which are in none of the counts above; absent where they are not counted. */
  readonly gold?: { readonly decided: number; readonly unparsed: number };
}

/** Sums two counts. */
export function addCounts(a: RolloutCounts, b: RolloutCounts): RolloutCounts {
  return {
    calls: a.calls + b.calls,
    rollouts: a.rollouts + b.rollouts,
    failed: a.failed + b.failed,
    truncated: a.truncated + b.truncated,
    looped: (a.looped ?? 0) + (b.looped ?? 0),
    yes: a.yes + b.yes,
    no: a.no + b.no,
    unparsed: a.unparsed + b.unparsed,
    passRateSum: a.passRateSum + b.passRateSum,
    passRateCount: a.passRateCount + b.passRateCount,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    judgeCalls: a.judgeCalls + b.judgeCalls,
    judgePromptTokens: a.judgePromptTokens + b.judgePromptTokens,
    judgeCompletionTokens: a.judgeCompletionTokens + b.judgeCompletionTokens,
    unreportedUsage: a.unreportedUsage + b.unreportedUsage,
    ...addGold(a.gold, b.gold),
  };
}

function addGold(a: RolloutCounts['gold'], b: RolloutCounts['gold']): Pick<RolloutCounts, 'gold'> {
  if (a === undefined || b === undefined) {
    const gold = a ?? b;
    return gold === undefined ? {} : { gold };
  }
  return { gold: { decided: a.decided + b.decided, unparsed: a.unparsed + b.unparsed } };
}

/** Counts of nothing. */
export const NO_COUNTS: RolloutCounts = {
  calls: 0,
  rollouts: 0,
  failed: 0,
  truncated: 0,
  looped: 0,
  yes: 0,
  no: 0,
  unparsed: 0,
  passRateSum: 0,
  passRateCount: 0,
  promptTokens: 0,
  completionTokens: 0,
  judgeCalls: 0,
  judgePromptTokens: 0,
  judgeCompletionTokens: 0,
  unreportedUsage: 0,
};

/** Only what judging cost: for verdicts on rollouts that are counted elsewhere. */
export function judgeUsage(counts: RolloutCounts): RolloutCounts {
  const { judgeCalls, judgePromptTokens, judgeCompletionTokens, unreportedUsage } = counts;
  return { ...NO_COUNTS, judgeCalls, judgePromptTokens, judgeCompletionTokens, unreportedUsage };
}

/** What gold verdicts have cost, and how many could be read. */
export function goldCounts(counts: RolloutCounts): RolloutCounts {
  const { yes, no, unparsed } = counts;
  return { ...judgeUsage(counts), gold: { decided: yes + no, unparsed } };
}

/** What drawing answers has cost. */
export interface DrawnUsage {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls that the server gave no token counts for; unknown of what was drawn before this was counted. */
  readonly unreportedUsage?: number;
}

/** Counts of calls that drew answers, and of nothing else. */
export function drawnUsage({ calls, promptTokens, completionTokens, unreportedUsage = 0 }: DrawnUsage): RolloutCounts {
  return { ...NO_COUNTS, calls, promptTokens, completionTokens, unreportedUsage };
}

/** Counts of judged answers without what drawing them has cost: for answers whose calls were counted when they were drawn. */
export function withoutDrawing(counts: RolloutCounts): RolloutCounts {
  return { ...counts, calls: 0, promptTokens: 0, completionTokens: 0 };
}

/** Mean pass rate, or `null` when nothing was decided. */
export function meanPassRate(counts: RolloutCounts): number | null {
  return counts.passRateCount === 0 ? null : counts.passRateSum / counts.passRateCount;
}

/** What a round trains on: preference pairs, groups with their tokens, or answers to imitate. */
export type TrainingRowKind = 'pairs' | 'groups' | 'answers';

/** What a round trains on, and why its other prompts gave nothing. */
export interface SelectionCounts extends SaturationCounts {
  readonly kind: TrainingRowKind;
  /** All that were drawn, and those of them in place of prompts that gave nothing. */
  readonly prompts: number;
  readonly extraPrompts: number;
  readonly promptsUsed: number;
  /** Pairs, groups or answers. */
  readonly rows: number;
  /** Prompts without a row, by reason. */
  readonly allEqual: number;
  readonly marginTooSmall: number;
  readonly tooUnequalLength: number;
  readonly tooFewJudged: number;
  readonly noneGoodEnough: number;
  /** Rows that were left out of those found: pairs with too small a gap, answers that repeat another. */
  readonly gapsTooSmall: number;
  readonly duplicates: number;
  /** Items that were not asked, where `reward` leaves any out. */
  readonly thinned?: ThinnedCounts;
}

/** What one policy version did on the held-out prompts. */
export interface Evaluation {
  readonly round: number;
  readonly policy: string;
  /** Pass rate over prompts; `null` when no prompt has one. */
  readonly interval: Interval | null;
  /** The same by gold; `null` where gold measures nothing. */
  readonly gold: Interval | null;
  /** Characters of an answer. */
  readonly lengthChars: MeanOf | null;
  /** Share of distinct word pairs in the answers to a prompt. */
  readonly distinctness: MeanOf | null;
  /** How far it has moved from the base of the rounds, where `gates.kl` asks. */
  readonly kl?: KlMeasure;
  /** What a judge of WildBench says of its answers to tasks, where the config names any. */
  readonly tasks?: TaskMeasures;
}

/** The best version of a run. */
export interface BestVersion {
  /** 0 is the base. */
  readonly round: number;
  readonly policy: PolicyVersion;
  /** Held-out rate, by gold where gold measures; `null` where it decided nothing. */
  readonly mean: number | null;
}

/** What a finished, stopped or failed run hands back. */
export interface RunResult {
  readonly runName: string;
  readonly status: 'done' | 'stopped';
  /** Absolute paths. */
  readonly reportHtml: string;
  readonly reportJson: string;
  /** Lines for a terminal. */
  readonly summary: readonly string[];
  /** Of a loop that trains. */
  readonly best?: BestVersion;
}
