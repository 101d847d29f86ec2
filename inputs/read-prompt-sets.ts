import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { PromptSource } from '../configs/schema/prompt-source.ts';
import type { ConfigOf, RunConfig } from '../configs/schema/run-config.ts';
import type { ArtifactRef } from '../domain/artifact.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import type { Checklist } from '../domain/checklist.ts';
import { addItems } from '../domain/checklist-writing/add-items.ts';
import type { PromptRow } from '../domain/prompt.ts';
import type { PromptSetName } from '../domain/run.ts';
import { toPrompts } from '../domain/synthesis/dataset-prompts.ts';
import type { DatasetReader } from './dataset-reader.ts';
import { readPromptFile } from './prompt-file.ts';
import { readTaskFile } from './task-files.ts';

/** A prompt set, and the dataset of another run that it is from; without one it is from a file. */
interface SourcedPrompts {
  readonly rows: readonly PromptRow[];
  readonly dataset?: ArtifactRef;
  /** No store was at hand to read it from. */
  readonly unread?: true;
}

/** The prompt sets of a loop, and the datasets of other runs that some of them are from. */
export interface PromptSets {
  readonly sets: ReadonlyMap<PromptSetName, readonly PromptRow[]>;
  readonly datasets: ReadonlyMap<PromptSetName, ArtifactRef>;
}

/** Reads the prompts of a loop, strictly. */
export async function readPromptSets(readDataset: DatasetReader, config: RunConfig): Promise<PromptSets> {
  const read = await readSets(readDataset, config);
  return {
    sets: new Map(read.flatMap(([name, { rows, unread }]) => (unread ? [] : [[name, rows]]))),
    datasets: new Map(read.flatMap(([name, { dataset }]) => (dataset === undefined ? [] : [[name, dataset]]))),
  };
}

async function readSets(
  readDataset: DatasetReader,
  config: RunConfig,
): Promise<readonly (readonly [PromptSetName, SourcedPrompts])[]> {
  if (config.loop === 'online-dpo') {
    return [
      ['train', await readTrain(readDataset, config.data.train, config.data.checklist)],
      ['held-out', await readFile(config.data.heldOut)],
      ...(await readTasks(config)),
    ];
  }
  if (config.loop === 'bolt') {
    const { train, heldOut, checklist } = config.data;
    const hasGiven = train !== undefined && config.stages.includes('online');
    return [
      ['held-out', await readFile(heldOut)],
      ...(hasGiven ? ([['given', await readTrain(readDataset, train, checklist)]] as const) : []),
      ...(await readTasks(config)),
    ];
  }
  if (config.loop === 'skillmix') return readLabelled(readDataset, config);
  if (config.loop === 'magpie') return [];
  if (config.loop === 'wildbench') {
    const tasks = await readTaskFile(resolve(config.data.tasks));
    return [['prompts', { rows: drawRows(tasks, config.data.rows, config.seed) }]];
  }
  const read = await readSource(readDataset, config.data.prompts, {
    field: 'data.prompts',
    allowNoChecklist: config.checklists.source !== 'given',
  });
  return [['prompts', { ...read, rows: drawRows(read.rows, config.data.rows, config.seed) }]];
}

/** The rows whose skills are labelled, where an inventory is made from any. */
async function readLabelled(
  readDataset: DatasetReader,
  { inventory, seed }: ConfigOf<'skillmix'>,
): Promise<readonly (readonly [PromptSetName, SourcedPrompts])[]> {
  if (inventory.source !== 'labelled') return [];
  const read = await readSource(readDataset, inventory.data, { field: 'inventory.data', allowNoChecklist: true });
  return [['prompts', { ...read, rows: drawRows(read.rows, inventory.rows, seed) }]];
}

async function readFile(path: string): Promise<SourcedPrompts> {
  return { rows: await readPromptFile(resolve(path)) };
}

/** Training prompts, each with the items that the config adds. */
async function readTrain(
  readDataset: DatasetReader,
  source: PromptSource,
  items: Checklist = [],
): Promise<SourcedPrompts> {
  const read = await readSource(readDataset, source, { field: 'data.train', allowNoChecklist: items.length > 0 });
  return { ...read, rows: read.rows.map((row) => ({ ...row, checklist: addItems(row.checklist, items) })) };
}

async function readSource(
  readDataset: DatasetReader,
  source: PromptSource,
  { field, allowNoChecklist }: { readonly field: string; readonly allowNoChecklist: boolean },
): Promise<SourcedPrompts> {
  if (typeof source === 'string') return { rows: await readPromptFile(resolve(source), { allowNoChecklist }) };
  if (readDataset === undefined) return { rows: [], unread: true };
  const { ref, rows } = await readDataset(source.dataset, field);
  return { rows: toPrompts(rows, source.dataset), dataset: ref };
}

/** The tasks that measure each version, if there are any. */
async function readTasks({
  evaluation: { wildbench },
  seed,
}: ConfigOf<'online-dpo' | 'bolt'>): Promise<readonly (readonly ['tasks', SourcedPrompts])[]> {
  if (wildbench === undefined) return [];
  const rows = await readTaskFile(resolve(wildbench.tasks), 'evaluation.wildbench.tasks');
  return [['tasks', { rows: drawRows(rows, wildbench.rows, seed) }]];
}

/** Some of the rows, the same ones for the same seed, in the order of the file. */
function drawRows(rows: readonly PromptRow[], count: number | undefined, seed: number): readonly PromptRow[] {
  if (count === undefined || count >= rows.length) return rows;
  const hash = (promptId: string) =>
    createHash('sha256')
      .update(canonicalJson({ draw: promptId, seed }))
      .digest('hex');
  const rank = new Map(rows.map(({ promptId }) => [promptId, hash(promptId)]));
  const drawn = new Set(
    [...rank]
      .toSorted(([, a], [, b]) => (a < b ? -1 : 1))
      .slice(0, count)
      .map(([promptId]) => promptId),
  );
  return rows.filter(({ promptId }) => drawn.has(promptId));
}
