import type { RunConfig } from '../configs/schema/run-config.ts';
import type { PromptSetName } from '../domain/run.ts';
import { checkPromptSets } from './check-prompt-sets.ts';
import { readGivenInventory } from './given-inventory.ts';
import { readBoltFiles } from './read-bolt-files.ts';
import { readPromptSets } from './read-prompt-sets.ts';
import { readSystemPrompts } from './system-prompts.ts';
import { readBaselines } from './task-files.ts';

/**
 * Reads and checks every data file that a config names, as a run does when it is opened; no server is asked.
 *
 * @returns rows of each set of prompts
 * @throws DataError, ConfigError with the sentences of a run that is opened
 */
export async function checkData(config: RunConfig): Promise<Readonly<Partial<Record<PromptSetName, number>>>> {
  // Datasets of other runs are in a store, which only a run may read.
  const { sets } = await readPromptSets(undefined, config);
  checkPromptSets(sets, config);
  if (config.loop === 'wildbench') await readBaselines(config, sets.get('prompts') ?? []);
  if (config.loop === 'skillmix') await readGivenInventory(config);
  if (config.loop === 'magpie') await readSystemPrompts(config);
  const bolt = config.loop === 'bolt' ? await readBoltFiles(config, undefined) : null;
  const counts: Partial<Record<PromptSetName, number>> = bolt === null ? {} : { collected: bolt.collected.length };
  for (const [name, rows] of sets) counts[name] = rows.length;
  return counts;
}
