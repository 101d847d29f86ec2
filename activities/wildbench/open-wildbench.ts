import type { WildbenchConfig } from '../../configs/schema/wildbench.ts';
import { comparedPoliciesName, shardName, storedAnswersPrefix } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import { partition } from '../../domain/shards.ts';
import { readBaselines, type StoredAnswer } from '../../inputs/task-files.ts';
import type { RunServices } from '../run-services.ts';
import { checkServed, comparePolicies, type ComparedPolicy } from './policies.ts';

/** What a comparison needs beside its tasks. */
export interface OpenedComparison {
  readonly policies: readonly ComparedPolicy[];
  /** By baseline, one for each task, in order of the tasks. */
  readonly storedAnswers: ReadonlyMap<string, readonly StoredAnswer[]>;
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
  const storedAnswers = await readBaselines(config, tasks);
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
