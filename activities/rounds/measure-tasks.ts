import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { promptSetPrefix, shardName, stageName } from '../../domain/artifact-names.ts';
import type { AnswerPair, AnswerScore } from '../../domain/wildbench/judgments.ts';
import { measureVersion, type TaskMeasures } from '../../domain/wildbench/task-measures.ts';
import type { TaskRow } from '../../domain/wildbench/task-row.ts';
import { taskEvaluationOf } from '../wildbench/judge-tasks.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';

/** Where the judged tasks of a version are. */
export interface JudgedTasksPlace {
  readonly runName: string;
  readonly round: number;
  /** Shards of the tasks. */
  readonly shards: number;
  readonly initialRound: number;
}

/** What the judge said of a version's answers to tasks, and the artifacts that it is taken from. */
export async function measureTasks(
  { store, config }: RunServices,
  { runName, round, shards, initialRound }: JudgedTasksPlace,
): Promise<{ readonly measures: TaskMeasures; readonly parents: readonly ArtifactRef[] }> {
  const { judge, bothOrders, lengthPenaltyChars } = taskEvaluationOf({ config });
  const { resamples, confidence } = configOfLoop(config, 'online-dpo').evaluation;
  const parents: ArtifactRef[] = [];
  const readAll = async <Row extends object>(prefix: string, kind: 'prompts' | 'scores' | 'pairs') => {
    const read = await Promise.all(
      Array.from({ length: shards }, (_, shard) => readArtifact<Row>(store, shardName(prefix, kind, shard))),
    );
    parents.push(...read.map(({ ref }) => ref));
    return read.flatMap(({ rows }) => rows);
  };
  const folderOf = (of: number) => stageName(runName, of, 'tasks');
  const isInitial = round === initialRound;
  const scores = judge.modes.includes('score');
  const pairs = judge.modes.includes('pair') && !isInitial;
  const tasks = await readAll<TaskRow>(promptSetPrefix(runName, 'tasks'), 'prompts');
  const measures = measureVersion(
    {
      tasks: tasks.length,
      groups: new Map(tasks.map(({ promptId, groups }) => [promptId, groups])),
      initialRound,
      scores: scores ? await readAll<AnswerScore>(folderOf(round), 'scores') : null,
      initialScores: scores && !isInitial ? await readAll<AnswerScore>(folderOf(initialRound), 'scores') : null,
      pairs: pairs ? await readAll<AnswerPair>(folderOf(round), 'pairs') : null,
      bothOrders,
      lengthPenaltyChars,
    },
    { resamples, confidence, seed: config.seed },
  );
  return { measures, parents };
}
