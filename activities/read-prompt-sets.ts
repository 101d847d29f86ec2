import { resolve } from 'node:path';
import { hashJson } from '../clients/content-hash.ts';
import type { ConfigOf, RunConfig } from '../configs/schema/run-config.ts';
import type { PromptRow } from '../domain/prompt.ts';
import type { PromptSetName } from '../domain/run.ts';
import { readTaskFile } from './open-wildbench.ts';
import { readPromptFile } from './prompt-file.ts';

/** The prompt files of a loop, read strictly. */
export async function readPromptSets(config: RunConfig): Promise<ReadonlyMap<PromptSetName, readonly PromptRow[]>> {
  if (config.loop === 'online-dpo') {
    return new Map([
      ['train', await readPromptFile(resolve(config.data.train))],
      ['held-out', await readPromptFile(resolve(config.data.heldOut))],
      ...(await readTasks(config)),
    ]);
  }
  if (config.loop === 'bolt') {
    const { train, heldOut } = config.data;
    const hasGiven = train !== undefined && config.stages.includes('online');
    return new Map([
      ['held-out', await readPromptFile(resolve(heldOut))],
      ...(hasGiven ? ([['given', await readPromptFile(resolve(train))]] as const) : []),
      ...(await readTasks(config)),
    ]);
  }
  if (config.loop === 'magpie') return new Map();
  if (config.loop === 'wildbench') {
    const tasks = await readTaskFile(resolve(config.data.tasks));
    return new Map([['prompts', drawRows(tasks, config.data.rows, config.seed)]]);
  }
  const allowNoChecklist = config.checklists.source !== 'given';
  const rows = await readPromptFile(resolve(config.data.prompts), { allowNoChecklist });
  return new Map([['prompts', drawRows(rows, config.data.rows, config.seed)]]);
}

/** The tasks that measure each version, if there are any. */
async function readTasks({
  evaluation: { wildbench },
  seed,
}: ConfigOf<'online-dpo' | 'bolt'>): Promise<readonly (readonly ['tasks', readonly PromptRow[]])[]> {
  if (wildbench === undefined) return [];
  const rows = await readTaskFile(resolve(wildbench.tasks), 'evaluation.wildbench.tasks');
  return [['tasks', drawRows(rows, wildbench.rows, seed)]];
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
