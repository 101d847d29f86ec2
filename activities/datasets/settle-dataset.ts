import type { ArtifactStore } from '../../clients/artifact-store.ts';
import { sha256Hex } from '../../clients/content-hash.ts';
import { selectionOf, type SynthesisFilters } from '../../configs/schema/synthesis-filters.ts';
import { qualityOf } from '../../configs/schema/synthesis-quality.ts';
import { datasetName, synthesisShardName } from '../../domain/artifact-names.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { RunRef } from '../../domain/run.ts';
import { gatherShards } from '../../domain/shards.ts';
import {
  createDatasetTally,
  summarizeDataset,
  type DatasetSummary,
  type SynthesisTokens,
} from '../../domain/synthesis/dataset-summary.ts';
import { describeMixShortfall, takeRows, type RowSelection } from '../../domain/synthesis/row-selection.ts';
import { settleDataset, type DatasetRow, type DropCount } from '../../domain/synthesis/settle-dataset.ts';
import { outlineOf, type RowOutline } from '../../domain/synthesis/row-outline.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { readArtifact, refOf, requireArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { sumBatchTokens } from '../synthesis/sums.ts';

/** Rows of a shard of a dataset: a few megabytes. */
const SHARD_ROWS = 1000;

export interface SettleDatasetInput {
  readonly run: RunRef;
  /** Batches that the last stage has kept, from 0 on. */
  readonly batches: number;
  /** Exactly so many rows. */
  readonly numRows: number;
  /** Whether the run's seed shuffles all rows before the cut; otherwise they keep the order of batches. */
  readonly shuffle: boolean;
  /** Why there may be fewer: a limit that ended the sampling, in words. Without it fewer are refused. */
  readonly shortfall?: string;
  /** What was tried and never became a row, by reason. */
  readonly failed?: readonly DropCount[];
  /** Tokens of all calls of the run; without it those that the manifests of the batches count. */
  readonly tokens?: SynthesisTokens;
}

/** A finished dataset in numbers. */
export interface SettledDataset extends Pick<
  DatasetSummary,
  'rows' | 'sampled' | 'duplicates' | 'unused' | 'answered' | 'shortfall' | 'mixShortfall'
> {
  readonly dataset: ArtifactRef;
}

/** The end of a synthesis, whichever it is: its kept rows become the dataset that other runs can name. */
export function createSettleDatasetActivities(provider: RunServicesProvider) {
  return {
    /** Chooses the rows and writes `<run>/dataset`, once: whoever asks again gets what stands. */
    async settleDataset(input: SettleDatasetInput): Promise<SettledDataset> {
      const services = await provider.of(input.run);
      await withHeartbeats(() => settle(services, input));
      const manifest = await requireArtifact(services.store, datasetName(input.run.runName));
      const summary = manifest.summary as unknown as DatasetSummary;
      const { rows, sampled, duplicates, unused, answered, shortfall, mixShortfall } = summary;
      return { dataset: refOf(manifest), rows, sampled, duplicates, unused, answered, shortfall, mixShortfall };
    },
  };
}

async function settle(
  { store, config }: RunServices,
  { run, batches, numRows, shuffle, shortfall = '', failed, tokens }: SettleDatasetInput,
): Promise<void> {
  const name = datasetName(run.runName);
  if ((await store.find(name)) !== undefined) return;
  const { parents, sampled } = await readOutlines(store, run, batches);
  const filters = qualityOf(config)?.filters;
  let mixed: string | null = null;
  const choose = (good: readonly RowOutline[], count: number, selection: RowSelection) => {
    const chosen = takeRows(good, count, selection);
    mixed = describeMixShortfall(chosen, selection);
    return chosen.taken;
  };
  const settled = settleDataset(sampled, {
    numRows,
    ...(filters === undefined ? {} : { choose: (good, count) => choose(good, count, selectionOf(filters)) }),
    ...(failed === undefined ? {} : { failed }),
    shuffleSeed: shuffle ? config.seed : null,
    shortfall: shortfall === '' ? mixShortfall(filters) : shortfall,
  });
  const readSettled = () => (shuffle ? readInAnyOrder : readInOrder)(store, parents, settled.rows);
  const tally = createDatasetTally();
  for await (const row of readSettled()) tally.add(row);
  const summary = summarizeDataset(tally.result(), settled, {
    asked: numRows,
    sampled: settled.sampled,
    shuffled: shuffle,
    tokens: tokens ?? (await sumBatchTokens(store, run.runName, batches)),
    mixShortfall: mixed,
    filters: filters === undefined ? null : (JSON.parse(JSON.stringify(filters)) as JsonValue),
  });
  await store.write({
    name,
    schema: 'dataset-row',
    step: 'settle-dataset',
    parents,
    configHash: run.configHash,
    policy: null,
    shards: gatherShards(readSettled(), SHARD_ROWS),
    summary,
  });
}

/** Outlines of the rows of all batches, one batch after the other. */
async function readOutlines(store: ArtifactStore, run: RunRef, batches: number) {
  const parents: ArtifactRef[] = [];
  const sampled: RowOutline[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const { ref, rows } = await readArtifact<SynthesisRow>(store, synthesisShardName(run.runName, 'kept', batch));
    parents.push(ref);
    for (const row of rows) sampled.push(outlineOf(row, sampled.length, sha256Hex));
  }
  return { parents, sampled };
}

/** Reads the batches once more for the rows that were chosen, and holds those of one batch. */
async function* readInOrder(
  store: ArtifactStore,
  kept: readonly ArtifactRef[],
  chosen: readonly RowOutline[],
): AsyncGenerator<DatasetRow, void> {
  const places = new Set(chosen.map(({ place }) => place));
  let place = 0;
  for (const ref of kept) {
    for (const { dropped: _dropped, ...row } of await store.read<SynthesisRow>(ref)) {
      if (places.has(place)) yield row;
      place += 1;
    }
  }
}

/** Shuffled rows lie anywhere, so all of them are held: Magpie, whose datasets are large, keeps the order of its batches. */
async function* readInAnyOrder(
  store: ArtifactStore,
  kept: readonly ArtifactRef[],
  chosen: readonly RowOutline[],
): AsyncGenerator<DatasetRow, void> {
  const rows = new Map<string, DatasetRow>();
  for await (const row of readInOrder(store, kept, chosen)) rows.set(row.rowId, row);
  for (const { rowId } of chosen) {
    const row = rows.get(rowId);
    if (row !== undefined) yield row;
  }
}

/** Enough rows may be kept and too few of them of the difficulties that a preset mixes. */
function mixShortfall(filters: SynthesisFilters | undefined): string | null {
  if (filters === undefined || selectionOf(filters).mix === undefined) return null;
  return 'too few of the kept rows have the difficulties that the filter preset mixes';
}
