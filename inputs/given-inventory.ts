import type { SkillmixConfig } from '../configs/schema/skillmix.ts';
import type { NamedSkill } from '../domain/skillmix/inventory.ts';
import type { QueryType } from '../domain/skillmix/query-types.ts';
import { readQueryTypeFile, readSkillFile } from './skill-files.ts';

/** What a config gives of an inventory, read and checked. */
export interface GivenInventory {
  /** Empty where the teacher names the skills. */
  readonly named: readonly NamedSkill[];
  /** Empty where the teacher writes the types. */
  readonly queryTypes: readonly QueryType[];
}

/** Reads the files of skills and of query types that a config names. @throws DataError with file and line */
export async function readGivenInventory({ inventory }: SkillmixConfig): Promise<GivenInventory> {
  if (inventory.source === 'run') return { named: [], queryTypes: [] };
  return {
    named: inventory.source === 'files' ? await readSkillFile(inventory.skills) : [],
    queryTypes: inventory.queryTypes === undefined ? [] : await readQueryTypeFile(inventory.queryTypes),
  };
}
