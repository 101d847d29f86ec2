import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DataError } from '../domain/errors.ts';
import type { NamedSkill } from '../domain/skillmix/inventory.ts';
import { parseQueryTypes, type QueryType } from '../domain/skillmix/query-types.ts';
import { isName, normaliseName } from '../domain/skillmix/skill-name.ts';

/**
 * Reads a file of skills, one name a line, as upstream publishes them; repeats are counted later.
 *
 * @throws DataError `data/unreadable`; `data/invalid-row` with file and line
 */
export async function readSkillFile(path: string): Promise<readonly NamedSkill[]> {
  const text = await readText(path, 'inventory.skills');
  const skills = text.split(/\r?\n/).flatMap((line, index): readonly NamedSkill[] => {
    if (line.trim() === '') return [];
    if (!isName(normaliseName(line))) {
      throw new DataError(
        'data/invalid-row',
        `${path}:${index + 1} is no name of a skill: write one name of at most 8 words a line, such as weighing_trade_offs.`,
      );
    }
    return [{ label: line.trim(), topic: null, source: 'given' }];
  });
  if (skills.length === 0) {
    throw new DataError('data/invalid-row', `${path} has no skills; check inventory.skills.`);
  }
  return skills;
}

/**
 * Reads a file of query types, strictly.
 *
 * @throws DataError `data/unreadable`; `data/invalid-row` with file, line and what a type lacks
 */
export async function readQueryTypeFile(path: string): Promise<readonly QueryType[]> {
  const { types, incomplete } = parseQueryTypes(await readText(path, 'inventory.queryTypes'));
  const [first] = incomplete;
  if (first !== undefined) {
    throw new DataError(
      'data/invalid-row',
      `${path}:${first.line}: the query type ${JSON.stringify(first.name)} lacks ${first.lacks}: give each a number, a bold name, a definition and examples, as configs/data/skillmix-query-types.md does.`,
    );
  }
  if (types.length === 0) {
    throw new DataError(
      'data/invalid-row',
      `${path} has no query types: give each a number, a bold name, a definition and examples, as configs/data/skillmix-query-types.md does.`,
    );
  }
  return types;
}

function readText(path: string, field: string): Promise<string> {
  return readFile(resolve(path), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      'data/unreadable',
      `The file ${path} can't be read (${cause.code ?? cause.message}): check ${field}.`,
      { cause },
    );
  });
}
