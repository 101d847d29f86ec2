import { checklistRow } from '../../configs/schema/tick-rows.ts';
import { countMae } from '../../domain/agreement/count-mae.ts';
import { rougeL } from '../../domain/agreement/rouge-l.ts';
import { DataError } from '../../domain/errors.ts';
import { readRows, requireUnique } from './read-rows.ts';
import { formatInterval, formatLine, intervalOf, type Section } from './section.ts';

/** How like reference checklists the generated ones are, in number and words. @throws DataError naming file and line */
export async function checklistsSection(path: string, referencePath: string): Promise<Section> {
  const [generated, references] = [await readChecklists(path), await readChecklists(referencePath)];
  const pairs = [...generated].flatMap(([id, questions]) => {
    const reference = references.get(id);
    return reference === undefined ? [] : [[questions, reference] as const];
  });
  if (pairs.length === 0) throw new DataError('data/invalid-row', `${referencePath} holds no id of ${path}.`);
  const sizes = pairs.map(([ours, theirs]) => [ours.length, theirs.length] as const);
  const mae = intervalOf(sizes.map(([ours, theirs]) => Math.abs(ours - theirs)));
  const rouge = intervalOf(pairs.map(([ours, theirs]) => rougeL(ours.join('\n'), theirs.join('\n'))?.f1 ?? null));
  const unmatched = { generated: generated.size - pairs.length, reference: references.size - pairs.length };
  return {
    title: 'Checklists against reference checklists',
    key: 'checklists',
    lines: [
      formatLine('Count MAE', formatInterval(mae)),
      formatLine('ROUGE-L F1 (words, no stemming)', formatInterval(rouge)),
      formatLine('only generated, only reference', `${unmatched.generated}, ${unmatched.reference}`),
    ],
    object: {
      tasks: pairs.length,
      unmatchedTasks: unmatched,
      countMae: countMae(sizes),
      countMaeInterval: mae,
      rouge_l_f1: rouge,
    },
  };
}

async function readChecklists(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await readRows(path, checklistRow);
  requireUnique(rows, ({ id }) => `id ${JSON.stringify(id)}`);
  return new Map(rows.map(({ row }) => [row.id, row.questions]));
}
