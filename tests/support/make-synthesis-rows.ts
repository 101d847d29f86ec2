import type { ArtifactStore } from '../../clients/artifact-store.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { datasetName, synthesisShardName } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import {
  createDatasetTally,
  summarizeDataset,
  type DatasetFacts,
  type DatasetSummary,
} from '../../domain/synthesis/dataset-summary.ts';
import { outlineOf } from '../../domain/synthesis/row-outline.ts';
import {
  settleDataset,
  type DatasetRow,
  type DatasetRules,
  type SettledRows,
} from '../../domain/synthesis/settle-dataset.ts';
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

/** The outlines of rows, with what they ask as it is. */
export function outlinesOf(rows: readonly SynthesisRow[]) {
  return rows.map((row, place) => outlineOf(row, place, (asked) => asked));
}

/** Settles whole rows. */
export function settleRows(
  rows: readonly SynthesisRow[],
  rules: DatasetRules,
): Omit<SettledRows, 'rows'> & { readonly rows: readonly SynthesisRow[] } {
  const settled = settleDataset(outlinesOf(rows), rules);
  return { ...settled, rows: settled.rows.map(({ place }) => rows[place] as SynthesisRow) };
}

/** The summary of whole rows that are settled. */
export function summarizeRows(settled: ReturnType<typeof settleRows>, facts: DatasetFacts): DatasetSummary {
  const tally = createDatasetTally();
  for (const row of settled.rows) tally.add(row);
  return summarizeDataset(tally.result(), settled, facts);
}

/** Writes the dataset that a run ends with. */
export function writeDataset(
  store: ArtifactStore,
  runName: string,
  rows: readonly DatasetRow[],
  facts: Partial<DatasetFacts> = {},
): Promise<ArtifactRef> {
  const settled = settleRows(rows, { numRows: rows.length, shuffleSeed: null, shortfall: null });
  return store.write({
    name: datasetName(runName),
    schema: 'dataset-row',
    step: 'settle-dataset',
    parents: [],
    configHash: '1'.repeat(64),
    policy: null,
    shards: [settled.rows],
    summary: summarizeRows(settled, {
      asked: rows.length,
      sampled: rows.length,
      shuffled: false,
      tokens: null,
      filters: null,
      ...facts,
    }),
  });
}
