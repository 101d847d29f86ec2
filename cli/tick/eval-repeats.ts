import { repeatsRow } from '../../configs/schema/tick-rows.ts';
import { flipRate } from '../../domain/agreement/flip-rate.ts';
import { readRows, requireUnique } from './read-rows.ts';
import { formatLine, formatRate, type Section } from './section.ts';

/** How often a judge contradicts itself on the same item. @throws DataError naming file and line */
export async function repeatsSection(path: string): Promise<Section> {
  const rows = await readRows(path, repeatsRow);
  requireUnique(
    rows,
    ({ id, item }) => `id ${JSON.stringify(id)}${item === undefined ? '' : `, item ${JSON.stringify(item)}`}`,
  );
  const flips = flipRate(
    rows.map(({ row }) => row.answers.map((answer) => (answer === 'yes' || answer === 'no' ? answer === 'yes' : null))),
  );
  return {
    title: 'Repeats of the same item',
    key: 'repeats',
    lines: [
      formatLine('items that flip', formatRate(flips.flippedItems)),
      formatLine('pairs of repeats that differ', formatRate(flips.differingPairs)),
      formatLine('unparsed answers', String(flips.unparsed)),
      formatLine('items with fewer than two answers', String(flips.itemsTooFew)),
    ],
    object: { items: rows.length, ...flips },
  };
}
