import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkRows } from '../configs/check-rows.ts';
import { answerRow } from '../configs/schema/wildbench-batch.ts';
import { wildBenchTask } from '../configs/schema/wildbench-task.ts';
import type { WildbenchConfig } from '../configs/schema/wildbench.ts';
import { parseTable, type TableRow } from '../configs/table-rows.ts';
import { comparedPoliciesName, shardName, storedAnswersPrefix } from '../domain/artifact-names.ts';
import { DataError } from '../domain/errors.ts';
import type { RunRef } from '../domain/run.ts';
import { partition } from '../domain/shards.ts';
import { rowOfTask, type TaskRow } from '../domain/wildbench/task-row.ts';
import type { RunServices } from './run-services.ts';
import { checkServed, comparePolicies, type ComparedPolicy } from './wildbench-policies.ts';

/** An answer that a baseline has given before. */
export interface StoredAnswer {
  readonly sessionId: string;
  readonly answer: string;
}

/** What a comparison needs beside its tasks. */
export interface OpenedComparison {
  readonly policies: readonly ComparedPolicy[];
  /** By baseline, one for each task, in order of the tasks. */
  readonly storedAnswers: ReadonlyMap<string, readonly StoredAnswer[]>;
}

/** Reads a file of tasks, strictly. @throws DataError with file, line and field */
export async function readTaskFile(path: string, field = 'data.tasks'): Promise<readonly TaskRow[]> {
  return checkRows(await readTable(path, field), wildBenchTask).map(rowOfTask);
}

/**
 * Checks everything that can be known to be wrong with a comparison before a call is paid for.
 *
 * @throws DataError for a baseline that lacks an answer; ConfigError; ModelServerError `model-server/unknown-model`
 */
export async function prepareComparison(
  services: RunServices,
  run: RunRef,
  config: WildbenchConfig,
  tasks: readonly { readonly promptId: string }[],
): Promise<OpenedComparison> {
  const storedAnswers = new Map<string, readonly StoredAnswer[]>();
  for (const entry of config.baselines) {
    if (typeof entry === 'string') continue;
    storedAnswers.set(entry.name, await readStoredAnswers(resolve(entry.answers), tasks));
  }
  const policies = await comparePolicies(services, run, config);
  await checkServed(services);
  return { policies, storedAnswers };
}

/** Records which weights are compared, and the stored answers, shard by shard as the tasks are. */
export async function recordComparison(
  { store, config }: RunServices,
  run: RunRef,
  { policies, storedAnswers }: OpenedComparison,
): Promise<void> {
  const lineage = { step: 'open-run', parents: [], configHash: run.configHash, policy: null, summary: {} } as const;
  await store.write({
    ...lineage,
    name: comparedPoliciesName(run.runName),
    schema: 'compared-policy',
    shards: [policies],
  });
  for (const [baseline, answers] of storedAnswers) {
    for (const [index, shard] of partition(answers, config.shards.rows).entries()) {
      await store.write({
        ...lineage,
        name: shardName(storedAnswersPrefix(run.runName, baseline), 'answers', index),
        schema: 'stored-answer',
        shards: [shard],
      });
    }
  }
}

async function readStoredAnswers(
  path: string,
  tasks: readonly { readonly promptId: string }[],
): Promise<readonly StoredAnswer[]> {
  const rows = checkRows(await readTable(path, 'baselines'), answerRow);
  const answers = new Map(rows.map(({ sessionId, answer }) => [sessionId, answer]));
  return tasks.map(({ promptId }) => {
    const answer = answers.get(promptId);
    if (answer !== undefined) return { sessionId: promptId, answer };
    throw new DataError(
      'data/invalid-row',
      `${path} has no answer to task ${JSON.stringify(promptId)}; add it, empty if there is none.`,
    );
  });
}

async function readTable(path: string, field: string): Promise<readonly TableRow[]> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      'data/unreadable',
      `The file ${path} can't be read (${cause.code ?? cause.message}): check ${field}.`,
      { cause },
    );
  });
  return parseTable(path, bytes);
}
