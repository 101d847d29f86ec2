import { resolve } from 'node:path';
import type { ArtifactStore } from '../clients/artifact-store.ts';
import { hashJson } from '../clients/content-hash.ts';
import type { PromptSource } from '../configs/schema/prompt-source.ts';
import type { ConfigOf, RunConfig } from '../configs/schema/run-config.ts';
import type { ArtifactRef } from '../domain/artifact.ts';
import type { Checklist } from '../domain/checklist.ts';
import { addItems } from '../domain/checklist-writing/add-items.ts';
import type { PromptRow } from '../domain/prompt.ts';
import type { PromptSetName } from '../domain/run.ts';
import { toPrompts } from '../domain/synthesis/dataset-prompts.ts';
import { readTaskFile } from './open-wildbench.ts';
import { readPromptFile } from './prompt-file.ts';
import { readDataset } from './read-dataset.ts';

/** A prompt set, and the dataset of another run that it is from; without one it is from a file. */
interface SourcedPrompts {
  readonly rows: readonly PromptRow[];
  readonly dataset?: ArtifactRef;
}

/** The prompt sets of a loop, and the datasets of other runs that some of them are from. */
export interface PromptSets {
  readonly sets: ReadonlyMap<PromptSetName, readonly PromptRow[]>;
  readonly datasets: ReadonlyMap<PromptSetName, ArtifactRef>;
}

/** Reads the prompts of a loop, strictly. */
export async function readPromptSets(store: ArtifactStore, config: RunConfig): Promise<PromptSets> {
  const read = await readSets(store, config);
  return {
    sets: new Map(read.map(([name, { rows }]) => [name, rows])),
    datasets: new Map(read.flatMap(([name, { dataset }]) => (dataset === undefined ? [] : [[name, dataset]]))),
  };
}

async function readSets(
  store: ArtifactStore,
  config: RunConfig,
): Promise<readonly (readonly [PromptSetName, SourcedPrompts])[]> {
  if (config.loop === 'online-dpo') {
    return [
      ['train', await readTrain(store, config.data.train, config.data.checklist)],
      ['held-out', await readFile(config.data.heldOut)],
      ...(await readTasks(config)),
    ];
  }
  if (config.loop === 'bolt') {
    const { train, heldOut, checklist } = config.data;
    const hasGiven = train !== undefined && config.stages.includes('online');
    return [
      ['held-out', await readFile(heldOut)],
      ...(hasGiven ? ([['given', await readTrain(store, train, checklist)]] as const) : []),
      ...(await readTasks(config)),
    ];
  }
  if (config.loop === 'magpie') return [];
  if (config.loop === 'wildbench') {
    const tasks = await readTaskFile(resolve(config.data.tasks));
    return [['prompts', { rows: drawRows(tasks, config.data.rows, config.seed) }]];
  }
  const read = await readSource(store, config.data.prompts, {
    field: 'data.prompts',
    allowNoChecklist: config.checklists.source !== 'given',
  });
  return [['prompts', { ...read, rows: drawRows(read.rows, config.data.rows, config.seed) }]];
}

async function readFile(path: string): Promise<SourcedPrompts> {
  return { rows: await readPromptFile(resolve(path)) };
}

/** Training prompts, each with the items that the config adds. */
async function readTrain(store: ArtifactStore, source: PromptSource, items: Checklist = []): Promise<SourcedPrompts> {
  const read = await readSource(store, source, { field: 'data.train', allowNoChecklist: items.length > 0 });
  return { ...read, rows: read.rows.map((row) => ({ ...row, checklist: addItems(row.checklist, items) })) };
}

async function readSource(
  store: ArtifactStore,
  source: PromptSource,
  { field, allowNoChecklist }: { readonly field: string; readonly allowNoChecklist: boolean },
): Promise<SourcedPrompts> {
  if (typeof source === 'string') return { rows: await readPromptFile(resolve(source), { allowNoChecklist }) };
  const { ref, rows } = await readDataset(store, source.dataset, field);
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
  const rank = new Map(rows.map(({ promptId }) => [promptId, hashJson({ draw: promptId, seed })]));
  const drawn = new Set(
    [...rank]
      .toSorted(([, a], [, b]) => (a < b ? -1 : 1))
      .slice(0, count)
      .map(([promptId]) => promptId),
  );
  return rows.filter(({ promptId }) => drawn.has(promptId));
}
