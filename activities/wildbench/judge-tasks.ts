import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { TaskEvaluationConfig } from '../../configs/schema/task-evaluation.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { promptSetPrefix, shardName, stageName } from '../../domain/artifact-names.ts';
import { countBroken } from '../../domain/completion.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { ActivityProgress } from '../../domain/activity-progress.ts';
import { addCounts, NO_COUNTS, type DrawnUsage, type RolloutCounts, type RunRef } from '../../domain/run.ts';
import { cleanAnswer } from '../../domain/wildbench/clean-answer.ts';
import { INITIAL_VERSION } from '../../domain/wildbench/task-measures.ts';
import { taskOfRow, type TaskRow } from '../../domain/wildbench/task-row.ts';
import type { WildBenchTask } from '../../domain/wildbench/task.ts';
import { pairWildbench } from './pair-wildbench.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { scoreWildbench } from './score-wildbench.ts';
import { showToJudge } from '../judging/show-to-judge.ts';
import type { Answers } from './answers.ts';
import { seatsOf } from './policies.ts';

/** The answers of one version to a shard of the tasks. */
export interface AnsweredTasks {
  readonly run: RunRef;
  readonly round: number;
  readonly shard: number;
  /** Version that it is compared with, whose answers exist by now. */
  readonly initialRound: number;
}

/** How a run measures its versions on tasks. @throws Error when it does not */
export function taskEvaluationOf({ config }: Pick<RunServices, 'config'>): TaskEvaluationConfig {
  const { wildbench } = configOfLoop(config, 'online-dpo').evaluation;
  if (wildbench === undefined) throw new Error('This step judges tasks, and the config names none.');
  return wildbench;
}

/** Judges what a version of a policy in training answered to tasks. */
export function createJudgeTasksActivities(provider: RunServicesProvider) {
  return {
    /** A score for each answer, and a choice between it and that of the initial version, as far as the judge does either. */
    async judgeTasks(place: AnsweredTasks): Promise<RolloutCounts> {
      const services = await provider.of(place.run);
      const { modes } = taskEvaluationOf(services).judge;
      const drawn = await countAnswers(services, place);
      const scored = modes.includes('score') ? await scoreTasks(services, place) : NO_COUNTS;
      const comparesNow = modes.includes('pair') && place.round !== place.initialRound;
      const paired = comparesNow ? await pairTasks(services, place, toProgress(scored)) : NO_COUNTS;
      return [drawn, scored, paired].reduce(addCounts);
    },
  };
}

/** What both ways of judging a shard begin with. */
interface TaskShard {
  readonly tasks: readonly WildBenchTask[];
  readonly own: VersionAnswers;
  readonly scope: string;
}

/** What came of one way of judging a shard. */
interface JudgedTasks {
  readonly rows: readonly object[];
  readonly counts: RolloutCounts;
  /** Artifacts beside the tasks and the answers of the version that it was made from. */
  readonly others: readonly ArtifactRef[];
}

async function scoreTasks(services: RunServices, place: AnsweredTasks): Promise<RolloutCounts> {
  const { scoreMaxWords } = taskEvaluationOf(services);
  return judgeOnce(services, place, 'scores', async ({ tasks, own, scope }) => {
    const made = await scoreWildbench(services, {
      ...commonPlan(services, scope),
      maxWords: scoreMaxWords,
      tasks,
      answers: own.answers,
    });
    return { ...made, others: [] };
  });
}

/** What the scores of a shard add to the heartbeats of its pairs, so that its calls only ever grow. */
function toProgress(scored: RolloutCounts): ActivityProgress {
  const { yes, unparsed, judgeCalls, judgePromptTokens, judgeCompletionTokens, unreportedUsage } = scored;
  return {
    done: yes + unparsed,
    total: yes + unparsed,
    calls: judgeCalls,
    promptTokens: judgePromptTokens,
    completionTokens: judgeCompletionTokens,
    reported: judgeCalls - unreportedUsage,
  };
}

async function pairTasks(
  services: RunServices,
  place: AnsweredTasks,
  earlier: ActivityProgress,
): Promise<RolloutCounts> {
  const { bothOrders, pairMaxWords } = taskEvaluationOf(services);
  return judgeOnce(services, place, 'pairs', async ({ tasks, own, scope }) => {
    const initial = await readAnswers(services, place, place.initialRound);
    const made = await pairWildbench(services, {
      ...commonPlan(services, scope),
      maxWords: pairMaxWords,
      bothOrders,
      tasks,
      answers: own.answers,
      baselines: [{ name: INITIAL_VERSION, answers: initial.answers }],
      earlier,
    });
    return { ...made, others: [initial.ref] };
  });
}

function commonPlan(services: RunServices, scope: string) {
  return {
    scope,
    seed: services.config.seed,
    judges: seatsOf(services).judges,
    mode: 'strict',
    // One name for every version: the judge's seeds are the same, so that only the answers differ.
    policy: 'version',
  } as const;
}

/** Judges a shard in one way, unless that was done before, and records it. */
async function judgeOnce(
  services: RunServices,
  place: AnsweredTasks,
  kind: 'scores' | 'pairs',
  judge: (shard: TaskShard) => Promise<JudgedTasks>,
): Promise<RolloutCounts> {
  const { store } = services;
  const name = shardName(folderOf(place), kind, place.shard);
  const existing = await store.find(name);
  if (existing !== undefined) return existing.summary as unknown as RolloutCounts;
  const { tasks, ref } = await readTasks(services, place);
  const own = await readAnswers(services, place, place.round);
  const { rows, counts, others } = await judge({ tasks, own, scope: name });
  await store.write({
    name,
    schema: kind === 'scores' ? 'wildbench-score' : 'wildbench-pair',
    step: 'judge-tasks',
    parents: [ref, own.ref, ...others],
    configHash: place.run.configHash,
    policy: own.policy,
    shards: [rows],
    summary: { ...counts },
  });
  return counts;
}

function folderOf({ run, round }: AnsweredTasks): string {
  return stageName(run.runName, round, 'tasks');
}

async function readTasks({ store }: RunServices, { run, shard }: AnsweredTasks) {
  const name = shardName(promptSetPrefix(run.runName, 'tasks'), 'prompts', shard);
  const { ref, rows } = await readArtifact<TaskRow>(store, name);
  return { ref, tasks: rows.map(taskOfRow) };
}

/** The answers of a version to a shard, and the policy that gave them. */
interface VersionAnswers {
  readonly ref: ArtifactRef;
  readonly answers: Answers;
  readonly policy: string | null;
}

/** What a judge may see of the answers of a version: never its thoughts. */
async function readAnswers(
  { store, config }: RunServices,
  { run, shard }: AnsweredTasks,
  round: number,
): Promise<VersionAnswers> {
  const name = shardName(stageName(run.runName, round, 'tasks'), 'rollouts', shard);
  const { ref, rows, manifest } = await readArtifact<Rollout>(store, name);
  const answers = new Map(
    rows
      .map((rollout) => showToJudge(config, 'tasks', rollout))
      .flatMap(({ promptId, outcome }) => (outcome.ok ? [[promptId, cleanAnswer(outcome.text)] as const] : [])),
  );
  return { ref, answers, policy: manifest.policy };
}

async function countAnswers({ store }: RunServices, place: AnsweredTasks): Promise<RolloutCounts> {
  const { rows, manifest } = await readArtifact<Rollout>(store, shardName(folderOf(place), 'rollouts', place.shard));
  const { calls, promptTokens, completionTokens } = manifest.summary as unknown as DrawnUsage;
  return {
    ...NO_COUNTS,
    calls,
    promptTokens,
    completionTokens,
    rollouts: rows.length,
    failed: rows.filter(({ outcome }) => !outcome.ok).length,
    ...countBroken(rows.flatMap(({ outcome }) => (outcome.ok ? outcome.finishReason : []))),
  };
}
