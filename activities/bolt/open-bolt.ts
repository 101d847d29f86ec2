import type { BoltConfig } from '../../configs/schema/bolt-loop.ts';
import { boltName, boltQueriesPrefix, shardName } from '../../domain/artifact-names.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import type { BoltExample } from '../../domain/bolt/bolt-example.ts';
import type { CollectedQuery } from '../../domain/bolt/bolt-query.ts';
import type { ReferenceText } from '../../domain/bolt/evaluation-overlap.ts';
import { exampleText, renderBootstrapPrompt } from '../../domain/bolt/show-examples.ts';
import { ModelServerError } from '../../domain/errors.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { PromptSet, RunRef } from '../../domain/run.ts';
import { partition } from '../../domain/shards.ts';
import { readBoltFiles } from '../../inputs/read-bolt-files.ts';
import { checkBaseModel } from '../runs/check-base-model.ts';
import { datasetReader } from '../runs/read-dataset.ts';
import { readBootstrapTemplate } from './draw-thoughts.ts';
import type { RunServices } from '../run-services.ts';

/** What BOLT's first stage works from; all empty where it is not run. */
export interface OpenedBolt {
  readonly collected: readonly CollectedQuery[];
  /** Datasets of other runs among the collected. */
  readonly datasets: readonly ArtifactRef[];
  readonly library: readonly BoltExample[];
  /** Texts that no query may overlap with. */
  readonly references: readonly ReferenceText[];
}

/**
 * Reads and checks what the first stage needs, before a call is paid for.
 *
 * @throws DataError for files; ConfigError `config/unusable`; ModelServerError `model-server/context-too-small`
 */
export async function prepareBolt(
  services: RunServices,
  config: BoltConfig,
  measured: Readonly<Record<'heldOut' | 'tasks', readonly PromptRow[]>>,
): Promise<OpenedBolt> {
  if (config.stages.some((stage) => stage !== 'bootstrap')) await checkBaseModel(config);
  const files = await readBoltFiles(config, datasetReader(services.store));
  if (files === null) return { collected: [], datasets: [], library: [], references: [] };
  const { collected, datasets, library, evaluationSets } = files;
  await checkRoom(services, config, library);
  return {
    collected,
    datasets,
    library,
    references: [
      ...[
        { name: 'held-out', rows: measured.heldOut },
        { name: 'evaluation.wildbench', rows: measured.tasks },
        ...evaluationSets,
      ].flatMap(({ name, rows }) => textsOf(name, rows)),
      ...library.map((example) => ({ setName: 'examples', text: exampleText(example) })),
    ],
  };
}

/** Records it, the queries shard by shard; returns how many shards and rows of queries there are. */
export async function recordBolt(
  { store, config }: RunServices,
  run: RunRef,
  { collected, datasets, library, references }: OpenedBolt,
): Promise<PromptSet> {
  const shards = partition(collected, config.shards.rows);
  const write = (name: string, schema: string, rows: readonly object[], parents: readonly ArtifactRef[] = []) =>
    store.write({
      name,
      schema,
      step: 'open-run',
      parents,
      configHash: run.configHash,
      policy: null,
      shards: [rows],
      summary: {},
    });
  if (collected.length > 0) {
    await write(boltName(run.runName, 'examples'), 'bolt-example', library);
    await write(boltName(run.runName, 'references'), 'reference-text', references);
  }
  const prefix = boltQueriesPrefix(run.runName, 'collected');
  await Promise.all(
    shards.map((shard, index) => write(shardName(prefix, 'queries', index), 'collected-query', shard, datasets)),
  );
  return { shards: shards.length, rows: collected.length };
}

function textsOf(setName: string, rows: readonly PromptRow[]): readonly ReferenceText[] {
  return rows.flatMap(({ messages }) =>
    messages.flatMap(({ role, content }) => (role === 'user' ? [{ setName, text: content }] : [])),
  );
}

/** The longest examples have to fit beside a response; a query that is too long on top is a failed sample later. */
async function checkRoom({ bolt }: RunServices, config: BoltConfig, library: readonly BoltExample[]): Promise<void> {
  const { shown, sampling, format } = config.bootstrap;
  if (bolt === undefined) return;
  const { server, model } = bolt.bootstrapper;
  const served = (await server.models()).find(({ id }) => id === model);
  if (served === undefined) {
    throw new ModelServerError(
      'unknown-model',
      `The server that is to bootstrap does not serve "${model}": correct bootstrap.by or the server.`,
    );
  }
  if (served.maxModelLen === null) return;
  const longest = library.toSorted((a, b) => exampleText(b).length - exampleText(a).length).slice(0, shown);
  const content = renderBootstrapPrompt(await readBootstrapTemplate(), 'A query.', longest, format.delimiters);
  const promptTokens = (await server.tokenize(model, [{ role: 'user', content }])).length;
  if (promptTokens + sampling.maxTokens <= served.maxModelLen) return;
  throw new ModelServerError(
    'context-too-small',
    `A prompt of the ${shown} longest examples has ${promptTokens} tokens and bootstrap.sampling.maxTokens is ${sampling.maxTokens}, more than the ${served.maxModelLen} tokens of context that are served: show fewer examples, lower maxTokens or serve a longer context.`,
  );
}
