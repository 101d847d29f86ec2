import { preferenceRow } from '../../configs/schema/tick-rows.ts';
import { averagePreference, labelDistances } from '../../domain/agreement/label-distance.ts';
import { readRows, requireUnique } from './read-rows.ts';
import { formatInterval, formatLine, formatRate, intervalOf, type Section } from './section.ts';

/** How far a judge's preferences are from humans'. @throws DataError naming file and line */
export async function preferencesSection(path: string): Promise<Section> {
  const rows = await readRows(path, preferenceRow);
  requireUnique(rows, ({ id }) => `id ${JSON.stringify(id)}`);
  const pairs = rows.map(({ row: { judge, human } }) => ({
    judge,
    human: Array.isArray(human) ? averagePreference(human) : human,
  }));
  const { pld, wpld, unparsed } = labelDistances(pairs);
  const interval = intervalOf(pairs.map(({ judge, human }) => (judge === null ? null : Math.abs(judge - human))));
  return {
    title: 'Preferences (pairwise label distance)',
    key: 'preferences',
    lines: [
      ...pld.map((rate, distance) => formatLine(`PLD-${distance}`, formatRate(rate))),
      formatLine('WPLD, lower is better', formatInterval(interval)),
      formatLine('unparsed', `${unparsed} of ${pairs.length}`),
    ],
    object: {
      pairs: pairs.length,
      unparsed,
      pld_0: pld[0],
      pld_1: pld[1],
      pld_2: pld[2],
      wpld,
      wpldInterval: interval,
    },
  };
}
