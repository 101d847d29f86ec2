import type { ArtifactStore } from '../../clients/artifact-store.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { datasetName, synthesisShardName } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import { summarizeDataset, type DatasetFacts } from '../../domain/synthesis/dataset-summary.ts';
import { settleDataset, type DatasetRow } from '../../domain/synthesis/settle-dataset.ts';
import type { MagpieOrigin, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';

const ORIGIN: MagpieOrigin = {
  method: 'magpie',
  preQuery: '<|im_start|>user\n',
  queryModel: 'scripted',
  replyModel: 'scripted',
  temperature: 1,
  topP: 1,
  seed: 4096,
};

/** A synthesized query with its reply, both of their own words. */
export function makeSynthesisRow(index: number, changes: Partial<SynthesisRow> = {}): SynthesisRow {
  const words = `alpha${index} beta${index} gamma${index}`;
  return {
    rowId: `row-${index}`,
    messages: [
      { role: 'user', content: `Tell me about ${words}?` },
      { role: 'assistant', content: `They are ${words}.` },
    ],
    origin: ORIGIN,
    ...changes,
  };
}

/** Writes what the last stage of a synthesis leaves, one artifact a batch. */
export function writeKept(
  store: ArtifactStore,
  run: RunRef,
  batches: readonly (readonly SynthesisRow[])[],
): Promise<readonly ArtifactRef[]> {
  return Promise.all(
    batches.map((rows, batch) =>
      store.write({
        name: synthesisShardName(run.runName, 'kept', batch),
        schema: 'synthesis-row',
        step: 'keep-rows',
        parents: [],
        configHash: run.configHash,
        policy: null,
        shards: [rows],
        summary: {},
      }),
    ),
  );
}

/** Writes the dataset that a run ends with. */
export function writeDataset(
  store: ArtifactStore,
  runName: string,
  rows: readonly DatasetRow[],
  facts: Partial<DatasetFacts> = {},
): Promise<ArtifactRef> {
  const settled = settleDataset(rows, { numRows: rows.length, shuffleSeed: null, shortfall: null });
  return store.write({
    name: datasetName(runName),
    schema: 'dataset-row',
    step: 'settle-dataset',
    parents: [],
    configHash: '1'.repeat(64),
    policy: null,
    shards: [settled.rows],
    summary: summarizeDataset(settled, {
      asked: rows.length,
      sampled: rows.length,
      shuffled: false,
      tokens: null,
      filters: null,
      ...facts,
    }),
  });
}
