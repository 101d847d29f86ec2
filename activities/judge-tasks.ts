import { configOfLoop } from '../configs/stage-sampling.ts';
import type { TaskEvaluationConfig } from '../configs/schema/task-evaluation.ts';
import type { ArtifactRef } from '../domain/artifact.ts';
import { promptSetPrefix, shardName, stageName } from '../domain/artifact-names.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { ActivityProgress } from '../domain/activity-progress.ts';
import { addCounts, NO_COUNTS, type DrawnUsage, type RolloutCounts, type RunRef } from '../domain/run.ts';
import { cleanAnswer } from '../domain/wildbench/clean-answer.ts';
import { INITIAL_VERSION } from '../domain/wildbench/task-measures.ts';
import { taskOfRow, type TaskRow } from '../domain/wildbench/task-row.ts';
import { pairWildbench } from './pair-wildbench.ts';
import { readArtifact } from './read-artifact.ts';
import type { RunServices, RunServicesProvider } from './run-services.ts';
import { scoreWildbench } from './score-wildbench.ts';
import { showToJudge } from './show-to-judge.ts';
import type { Answers } from './wildbench-answers.ts';
import { seatsOf } from './wildbench-policies.ts';

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

async function scoreTasks(services: RunServices, place: AnsweredTasks): Promise<RolloutCounts> {
  const { scoreMaxWords } = taskEvaluationOf(services);
  const name = shardName(folderOf(place), 'scores', place.shard);
  const existing = await services.store.find(name);
  if (existing !== undefined) return existing.summary as unknown as RolloutCounts;
  const { tasks, ref } = await readTasks(services, place);
  const own = await readAnswers(services, place, place.round);
  const { rows, counts } = await scoreWildbench(services, {
    scope: name,
    seed: services.config.seed,
    judges: seatsOf(services).judges,
    mode: 'strict',
    maxWords: scoreMaxWords,
    // One name for every version: the judge's seeds are the same, so that only the answers differ.
    policy: 'version',
    tasks,
    answers: own.answers,
  });
  return record(services, place, { name, schema: 'wildbench-score', parents: [ref, own.ref], rows, counts, own });
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
  const name = shardName(folderOf(place), 'pairs', place.shard);
  const existing = await services.store.find(name);
  if (existing !== undefined) return existing.summary as unknown as RolloutCounts;
  const { tasks, ref } = await readTasks(services, place);
  const own = await readAnswers(services, place, place.round);
  const initial = await readAnswers(services, place, place.initialRound);
  const { rows, counts } = await pairWildbench(services, {
    scope: name,
    seed: services.config.seed,
    judges: seatsOf(services).judges,
    mode: 'strict',
    maxWords: pairMaxWords,
    bothOrders,
    policy: 'version',
    tasks,
    answers: own.answers,
    baselines: [{ name: INITIAL_VERSION, answers: initial.answers }],
    earlier,
  });
  const parents = [ref, own.ref, initial.ref];
  return record(services, place, { name, schema: 'wildbench-pair', parents, rows, counts, own });
}

interface JudgedTasks {
  readonly name: string;
  readonly schema: 'wildbench-score' | 'wildbench-pair';
  readonly parents: readonly ArtifactRef[];
  readonly rows: readonly object[];
  readonly counts: RolloutCounts;
  readonly own: { readonly policy: string | null };
}

async function record(
  { store }: RunServices,
  { run }: AnsweredTasks,
  { name, schema, parents, rows, counts, own }: JudgedTasks,
): Promise<RolloutCounts> {
  await store.write({
    name,
    schema,
    step: 'judge-tasks',
    parents,
    configHash: run.configHash,
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

/** What a judge may see of the answers of a version: never its thoughts. */
async function readAnswers(
  { store, config }: RunServices,
  { run, shard }: AnsweredTasks,
  round: number,
): Promise<{ readonly ref: ArtifactRef; readonly answers: Answers; readonly policy: string | null }> {
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
    truncated: rows.filter(({ outcome }) => outcome.ok && outcome.finishReason === 'length').length,
  };
}
