import type { ArtifactStore } from '../../../clients/artifact-store.ts';
import { synthesisShardName, type SynthesisStage } from '../../../domain/artifact-names.ts';
import { createLengthSpread } from '../../../domain/report/length-spread.ts';
import type { MagpieReport } from '../../../domain/report/magpie/magpie-report.ts';
import { spreadPlaces } from '../../../domain/report/spread-evenly.ts';
import { describeDraw } from '../../../domain/synthesis/describe-draw.ts';
import { queryOf, repliesOf } from '../../../domain/synthesis/row-texts.ts';
import type { SynthesisRow } from '../../../domain/synthesis/synthesis-row.ts';
import {
  createGroupTally,
  createStageTally,
  emptyGroup,
  SYNTHESIS_STAGES,
  type BatchStages,
} from '../../../domain/synthesis/tally-synthesis.ts';
import { countCodePoints } from '../../../domain/wildbench/code-points.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import { SAMPLE_COUNT } from './loop-rows.ts';

/** What the rows of all batches say. */
type BatchFindings = Pick<
  MagpieReport,
  'batches' | 'funnel' | 'all' | 'cells' | 'steerings' | 'queryChars' | 'replyChars' | 'samples' | 'droppedSamples'
>;

/** A batch by its number, and how many of its rows are kept. */
interface KeptCount {
  readonly batch: number;
  readonly kept: number;
}

/** Reads one batch after the other and holds the rows of one alone, so that a run of any length can be reported. */
export async function readMagpieBatches(
  store: ArtifactStore,
  runName: string,
  names: readonly string[],
): Promise<BatchFindings> {
  const existing = new Set(names);
  const funnel = createStageTally();
  const all = createGroupTally(() => 'all');
  const cells = createGroupTally(({ origin }) => describeDraw(origin));
  const steerings = createGroupTally(({ origin }) => (origin.method === 'magpie' && origin.steeredBy) || 'not steered');
  const [queryChars, replyChars] = [createLengthSpread(), createLengthSpread()];
  const droppedSamples = new Map<string, SynthesisRow>();
  const counts: KeptCount[] = [];
  // A batch that failed or was stopped leaves a gap: those after it are part of the report.
  for (let batch = 0; batch < countBegun(runName, names); batch += 1) {
    if (!existing.has(synthesisShardName(runName, 'queries', batch))) continue;
    const stages = await readStages(store, runName, existing, batch);
    for (const tally of [funnel, all, cells, steerings]) tally.add(stages);
    const kept = aliveIn(stages.kept);
    for (const row of kept) {
      queryChars.add(countCodePoints(queryOf(row)));
      replyChars.add(countCodePoints(repliesOf(row).join('')));
    }
    counts.push({ batch, kept: kept.length });
    addOneOfEachReason(droppedSamples, lastRows(stages));
  }
  return {
    batches: counts.length,
    funnel: funnel.result(),
    all: all.result()[0] ?? emptyGroup('all'),
    cells: cells.result(),
    steerings: steerings.result(),
    queryChars: queryChars.result(),
    replyChars: replyChars.result(),
    samples: await readSamples(store, runName, counts),
    droppedSamples: [...droppedSamples.values()],
  };
}

async function readStages(
  store: ArtifactStore,
  runName: string,
  existing: ReadonlySet<string>,
  batch: number,
): Promise<BatchStages> {
  const stages: Partial<Record<SynthesisStage, readonly SynthesisRow[]>> = {};
  for (const stage of SYNTHESIS_STAGES) {
    const name = synthesisShardName(runName, stage, batch);
    if (existing.has(name)) stages[stage] = (await readArtifact<SynthesisRow>(store, name)).rows;
  }
  return stages;
}

/** One more than the last batch that has left queries. */
function countBegun(runName: string, names: readonly string[]): number {
  const prefix = `${runName}/synthesis/queries/shard-`;
  return names.reduce(
    (most, name) => (name.startsWith(prefix) ? Math.max(most, Number(name.slice(prefix.length)) + 1) : most),
    0,
  );
}

/** The rows of a batch after the last stage that it came through. */
function lastRows(batch: BatchStages): readonly SynthesisRow[] {
  return SYNTHESIS_STAGES.map((stage) => batch[stage]).findLast((rows) => rows !== undefined) ?? [];
}

function aliveIn(rows: readonly SynthesisRow[] = []): readonly SynthesisRow[] {
  return rows.filter(({ dropped }) => dropped === undefined);
}

/** Kept rows, spread over all of them. Which ones is known once all are counted, so their batches are read once more. */
async function readSamples(
  store: ArtifactStore,
  runName: string,
  counts: readonly KeptCount[],
): Promise<readonly SynthesisRow[]> {
  const places = spreadPlaces(
    counts.reduce((sum, { kept }) => sum + kept, 0),
    SAMPLE_COUNT,
  );
  const samples: SynthesisRow[] = [];
  let before = 0;
  for (const { batch, kept } of counts) {
    const inside = places.filter((place) => place >= before && place < before + kept);
    if (inside.length > 0) {
      const { rows } = await readArtifact<SynthesisRow>(store, synthesisShardName(runName, 'kept', batch));
      const alive = aliveIn(rows);
      samples.push(...inside.flatMap((place) => alive[place - before] ?? []));
    }
    before += kept;
  }
  return samples;
}

function addOneOfEachReason(found: Map<string, SynthesisRow>, rows: readonly SynthesisRow[]): void {
  for (const row of rows) {
    if (row.dropped === undefined) continue;
    const key = JSON.stringify([row.dropped.by, row.dropped.reason]);
    if (!found.has(key)) found.set(key, row);
  }
}
