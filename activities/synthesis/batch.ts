import type { ArtifactRef } from '../../domain/artifact.ts';
import { synthesisShardName, type SynthesisStage } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { SynthesisServices } from './services.ts';

/** A stage of a synthesis over one batch of its rows. */
export interface BatchTask {
  readonly run: RunRef;
  readonly batch: number;
}

/** What every stage counts. */
export interface BatchCounts {
  /** Rows of the batch, those included that were dropped. */
  readonly rows: number;
  /** Rows that go on. */
  readonly alive: number;
  /** Rows that this stage dropped, by `<filter>/<reason>`. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** What a stage made of the rows of a batch. */
export interface StageResult<Counts> {
  readonly rows: readonly SynthesisRow[];
  readonly counts: Counts;
  /** What was read beside the rows. */
  readonly parents?: readonly ArtifactRef[];
}

/**
 * Writes the rows of a batch anew, as the next stage has them; what stands already is left as it is. Rows that were
 * dropped stay in their place, so that the last stage tells of all.
 */
export async function rewriteBatch<Counts extends object>(
  { store }: SynthesisServices,
  { run, batch }: BatchTask,
  { from, to, step }: { readonly from: SynthesisStage; readonly to: SynthesisStage; readonly step: string },
  work: (rows: readonly SynthesisRow[], scope: string) => Promise<StageResult<Counts>>,
): Promise<BatchCounts & Counts> {
  const name = synthesisShardName(run.runName, to, batch);
  const existing = await store.find(name);
  if (existing !== undefined) return existing.summary as unknown as BatchCounts & Counts;
  const before = await readArtifact<SynthesisRow>(store, synthesisShardName(run.runName, from, batch));
  const { rows, counts, parents = [] } = await work(before.rows, name);
  const summary = { ...countRows(before.rows, rows), ...counts };
  await store.write({
    name,
    schema: 'synthesis-row',
    step,
    parents: [before.ref, ...parents],
    configHash: run.configHash,
    policy: before.manifest.policy,
    shards: [rows],
    summary,
  });
  return summary;
}

function countRows(before: readonly SynthesisRow[], after: readonly SynthesisRow[]): BatchCounts {
  const dropped: Record<string, number> = {};
  for (const [index, row] of after.entries()) {
    if (row.dropped === undefined || before[index]?.dropped !== undefined) continue;
    const name = `${row.dropped.by}/${row.dropped.reason}`;
    dropped[name] = (dropped[name] ?? 0) + 1;
  }
  return { rows: after.length, alive: after.filter((row) => row.dropped === undefined).length, dropped };
}
