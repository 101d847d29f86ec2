import type { SynthesisStage } from '../artifact-names.ts';
import type { DropCount } from './settle-dataset.ts';
import { queryOf } from './row-texts.ts';
import type { SynthesisRow } from './synthesis-row.ts';
import { isUserVoiced } from './user-voice.ts';

/** The stages in order; a batch that was not finished lacks the last ones. */
export const SYNTHESIS_STAGES = [
  'queries',
  'screened',
  'tagged',
  'compared',
  'answered',
  'scored',
  'kept',
] as const satisfies readonly SynthesisStage[];

/** The rows of one batch after each stage that it came through. */
export type BatchStages = Readonly<Partial<Record<SynthesisStage, readonly SynthesisRow[]>>>;

/** What one stage let through, over all batches that came through it. */
export interface StageFunnel {
  readonly stage: SynthesisStage;
  /** Rows that nothing had dropped before. */
  readonly entered: number;
  readonly left: number;
  /** Most first. */
  readonly drops: readonly DropCount[];
}

/** What became of the queries that were drawn in one way. */
export interface DrawnGroup {
  readonly name: string;
  readonly drawn: number;
  /** Ended by the length limit. */
  readonly cut: number;
  /** Ended by the server because they looped. */
  readonly looped: number;
  /** Of those that ended by themselves: all, and those that sound like a user's. */
  readonly ended: number;
  readonly voiced: number;
  /** Equal to an earlier query, whichever stage found it. */
  readonly duplicates: number;
  readonly screened: number;
  readonly kept: number;
}

/** Counts that take one batch after the other and hold none. */
export interface BatchTally<Result> {
  add(batch: BatchStages): void;
  result(): Result;
}

/** Counts what each stage dropped: what is dropped after it and was not before. */
export function createStageTally(): BatchTally<readonly StageFunnel[]> {
  const funnels = new Map<SynthesisStage, { entered: number; left: number; readonly drops: Map<string, DropCount> }>();
  return {
    add(batch) {
      let before: readonly SynthesisRow[] = [];
      for (const stage of SYNTHESIS_STAGES) {
        const after = batch[stage];
        if (after === undefined) continue;
        const funnel = funnels.get(stage) ?? { entered: 0, left: 0, drops: new Map<string, DropCount>() };
        funnels.set(stage, funnel);
        const gone = new Set(before.flatMap((row) => (row.dropped === undefined ? [] : [row.rowId])));
        for (const { rowId, dropped } of after) {
          if (gone.has(rowId)) continue;
          funnel.entered += 1;
          if (dropped === undefined) funnel.left += 1;
          else countDrop(funnel.drops, dropped.by, dropped.reason);
        }
        before = after;
      }
    },
    result: () =>
      SYNTHESIS_STAGES.flatMap((stage) => {
        const funnel = funnels.get(stage);
        if (funnel === undefined) return [];
        const { entered, left, drops } = funnel;
        return [{ stage, entered, left, drops: [...drops.values()].toSorted(byRows) }];
      }),
  };
}

/** Follows the queries of each group from the draw to the end. */
export function createGroupTally(nameOf: (row: SynthesisRow) => string): BatchTally<readonly DrawnGroup[]> {
  const groups = new Map<string, DrawnGroup>();
  return {
    add(batch) {
      const screened = rowsById(batch.screened);
      const compared = rowsById(batch.compared);
      const kept = rowsById(batch.kept);
      for (const row of batch.queries ?? []) {
        const name = nameOf(row);
        const group = groups.get(name) ?? emptyGroup(name);
        const ended = row.dropped === undefined;
        const after = screened.get(row.rowId);
        groups.set(name, {
          name,
          drawn: group.drawn + 1,
          cut: group.cut + (row.dropped?.reason === 'length' ? 1 : 0),
          looped: group.looped + (row.dropped?.reason === 'loops' ? 1 : 0),
          ended: group.ended + (ended ? 1 : 0),
          voiced: group.voiced + (ended && isUserVoiced(queryOf(row)) ? 1 : 0),
          duplicates: group.duplicates + (isCopy(after) || isCopy(compared.get(row.rowId)) ? 1 : 0),
          screened: group.screened + (after !== undefined && after.dropped === undefined ? 1 : 0),
          kept: group.kept + (isAlive(kept.get(row.rowId)) ? 1 : 0),
        });
      }
    },
    result: () => [...groups.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** A group of which nothing was drawn. */
export function emptyGroup(name: string): DrawnGroup {
  return { name, drawn: 0, cut: 0, looped: 0, ended: 0, voiced: 0, duplicates: 0, screened: 0, kept: 0 };
}

function isCopy(row: SynthesisRow | undefined): boolean {
  return row?.dropped?.reason === 'duplicate' || row?.dropped?.by === 'duplicates';
}

function countDrop(drops: Map<string, DropCount>, by: string, reason: string): void {
  const key = JSON.stringify([by, reason]);
  drops.set(key, { by, reason, rows: (drops.get(key)?.rows ?? 0) + 1 });
}

function rowsById(rows: readonly SynthesisRow[] | undefined): ReadonlyMap<string, SynthesisRow> {
  return new Map((rows ?? []).map((row) => [row.rowId, row]));
}

function isAlive(row: SynthesisRow | undefined): boolean {
  return row !== undefined && row.dropped === undefined;
}

function byRows(a: DropCount, b: DropCount): number {
  return b.rows - a.rows || (`${a.by}${a.reason}` < `${b.by}${b.reason}` ? -1 : 1);
}
