import type { ActivityProgress } from '../domain/activity-progress.ts';
import type { ApprovalRequest } from '../domain/gates/approval-request.ts';
import type { LoopProgress } from '../domain/loop-progress.ts';
import { addCounts, meanPassRate, NO_COUNTS, type Evaluation } from '../domain/run.ts';
import type { RunProgress, RunStatus } from '../domain/run-progress.ts';

/** What an activity in flight last said of itself. */
export interface PendingActivity {
  readonly type: string;
  readonly attempt: number;
  /** Failed, and waiting for its next attempt. */
  readonly isWaiting: boolean;
  readonly progress: ActivityProgress | undefined;
  readonly lastFailure: string | null;
}

/** Activities whose finished rows are the calls, queries or tokens that a stage counts, by stage or part of it. */
const COUNTED_IN: Readonly<Record<string, readonly string[]>> = {
  sample: ['respond'],
  'held-out': ['respond'],
  followed: ['respond'],
  tasks: ['respond', 'judgeTasks'],
  divergence: ['measureKl'],
  curate: ['labelQueries'],
  bootstrap: ['drawThoughts'],
  generate: ['generateSkillmix'],
  // Rows count once they are through all stages.
  synthesize: [],
};

/** Activities that are a stage by themselves, and alone know how much there is to do. */
const COUNTED_BY_ITSELF: Readonly<Record<string, readonly string[]>> = {
  train: ['train', 'trainSft'],
  inventory: ['buildInventory'],
};

/** Activities that make no calls to be counted: a trainer's steps, and tokens that are scored one by one. */
const WITHOUT_CALLS: ReadonlySet<string> = new Set(['train', 'trainSft', 'measureKl']);

/** One progress of a run from its own, those of the children at work, and the activities in flight of the last of them. */
export function mergeProgress(
  runName: string,
  chain: readonly LoopProgress[],
  pending: readonly PendingActivity[],
): RunProgress {
  const [run] = chain as [LoopProgress, ...LoopProgress[]];
  const current = chain.at(-1) ?? run;
  const counts = chain.map((progress) => progress.counts).reduce(addCounts, NO_COUNTS);
  const evaluations = evaluationsOf(chain);
  const calling = pending.filter(({ type }) => !WITHOUT_CALLS.has(type)).flatMap(({ progress }) => progress ?? []);
  const sum = (read: (progress: ActivityProgress) => number) =>
    calling.reduce((total, progress) => total + read(progress), 0);
  const training = progressOf(pending, 'train') ?? progressOf(pending, 'trainSft');
  const retried = pending.find(({ isWaiting }) => isWaiting);
  const awaits = chain.find((progress) => progress.awaits !== null)?.awaits ?? null;
  return {
    runName,
    status: statusOf(chain, pending.length),
    stages: current.stages,
    stage: current.stage,
    part: current.part,
    round: current.round,
    rounds: run.rounds,
    ...stageOf(current, pending),
    calls: counts.calls + counts.judgeCalls + sum(({ calls }) => calls),
    promptTokens: counts.promptTokens + counts.judgePromptTokens + sum(({ promptTokens }) => promptTokens),
    completionTokens:
      counts.completionTokens + counts.judgeCompletionTokens + sum(({ completionTokens }) => completionTokens),
    unreportedCalls: counts.unreportedUsage + sum(({ calls, reported = calls }) => calls - reported),
    scored:
      evaluations.reduce((total, { kl }) => total + (kl?.tokens ?? 0), 0) +
      chain.reduce((total, { scored }) => total + scored, 0) +
      (progressOf(pending, 'measureKl')?.done ?? 0),
    passRate: meanPassRate(current.counts),
    evaluations: evaluations.map(({ round, interval }) => ({ round, mean: interval?.mean ?? null })),
    training:
      training === undefined || training.total === 0
        ? null
        : {
            step: training.done,
            totalSteps: training.total,
            loss: training.training?.loss ?? null,
            margin: training.training?.margin ?? null,
          },
    awaits,
    note:
      (awaits === null ? null : waitingNote(runName, awaits)) ??
      chain.map(({ heldBecause }) => heldBecause).find((reason) => reason !== null) ??
      (retried === undefined ? null : `${retried.type}, attempt ${retried.attempt}: ${retried.lastFailure}`),
  };
}

/** Of the run and of the children at work, which hand theirs up only when they end; each version once, in order. */
function evaluationsOf(chain: readonly LoopProgress[]): readonly Evaluation[] {
  const byRound = new Map(
    chain.flatMap(({ evaluations }) => evaluations.map((evaluation) => [evaluation.round, evaluation] as const)),
  );
  return [...byRound.values()].toSorted((a, b) => a.round - b.round);
}

function progressOf(pending: readonly PendingActivity[], wanted: string): ActivityProgress | undefined {
  return pending.find(({ type }) => type === wanted)?.progress;
}

/** Where the stage at work is: what its workflow knows, and what activities in flight add. */
function stageOf(
  current: LoopProgress,
  pending: readonly PendingActivity[],
): Pick<RunProgress, 'stageDone' | 'stageTotal'> {
  const { stage, part } = current;
  const own = part === 'divergence' ? ['measureKl'] : COUNTED_BY_ITSELF[stage];
  if (own !== undefined) {
    const at = pending.find(({ type }) => own.includes(type))?.progress;
    return { stageDone: Math.min(at?.done ?? 0, at?.total ?? 0), stageTotal: at?.total ?? 0 };
  }
  const counted = COUNTED_IN[part ?? stage];
  // A step of a shard counts as done when it is over, and before that by its share.
  const shares = pending.map(({ type, progress }) => {
    if (progress === undefined) return 0;
    if (counted !== undefined) return counted.includes(type) ? progress.done : 0;
    return progress.total === 0 ? 0 : progress.done / progress.total;
  });
  const done = current.done + Math.floor(shares.reduce((total, share) => total + share, 0));
  return { stageDone: Math.min(done, current.total), stageTotal: current.total };
}

function waitingNote(runName: string, { round, lines }: ApprovalRequest): string {
  return `round ${round} waits for \`tickloop approve ${runName}\` or \`tickloop reject ${runName}\`: ${lines.join(' ')}`;
}

/** A paused run that still has something in the air is on its way to a pause. */
function statusOf(chain: readonly LoopProgress[], activitiesInFlight: number): RunStatus {
  const [run] = chain;
  if (run?.stopping) return 'stopping';
  if (chain.some(({ awaits }) => awaits !== null)) return 'waiting';
  if (chain.some(({ heldBecause }) => heldBecause !== null)) return 'paused';
  if (!run?.paused) return 'running';
  return activitiesInFlight > 0 ? 'pausing' : 'paused';
}
