import { readFile } from 'node:fs/promises';
import { hashJson } from '../../clients/content-hash.ts';
import { PAIR_TEMPLATES, type PairTemplates } from '../../domain/skillmix/chat.ts';
import { parseExamples, type DraftExample } from '../../domain/skillmix/examples.ts';

/** Names of the templates that an inventory is asked for with. */
const INVENTORY_TEMPLATES = ['topics', 'skills', 'query-types', 'label', 'group'] as const;
export type InventoryTemplates = Readonly<Record<(typeof INVENTORY_TEMPLATES)[number], string>>;

/** All that pairs are asked for with. */
export interface PairMaterial {
  readonly templates: PairTemplates;
  readonly examples: readonly DraftExample[];
  /** sha256 (hex) over all templates: part of every row's id, so that a run never mixes two versions. */
  readonly hash: string;
}

/** Reads the templates of pairs. @throws ConfigError for examples that can't be read */
export async function readPairMaterial(): Promise<PairMaterial> {
  const templates = await readTemplates(PAIR_TEMPLATES);
  return { templates, examples: parseExamples(templates.examples), hash: hashJson(templates) };
}

/** Reads the templates of an inventory. */
export async function readInventoryTemplates(): Promise<InventoryTemplates> {
  return readTemplates(INVENTORY_TEMPLATES);
}

async function readTemplates<Name extends string>(names: readonly Name[]): Promise<Readonly<Record<Name, string>>> {
  const read = await Promise.all(
    names.map(async (name) => [
      name,
      await readFile(new URL(`../../prompts/skillmix-${name}.md`, import.meta.url), 'utf8'),
    ]),
  );
  return Object.fromEntries(read) as Record<Name, string>;
}
