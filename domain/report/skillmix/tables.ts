import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { isStable } from '../../skillmix/group-rounds.ts';
import type { InventorySummary } from '../../skillmix/inventory.ts';
import { share } from '../count-cells.ts';
import { row, table, tableBody } from '../table.ts';
import type { PairMeasures, WordLengths } from './measure-pairs.ts';
import type { SkillmixReport } from './skillmix-report.ts';

/** From what was named to the skills of the inventory. */
export function inventoryTable({ inventory: { counts, source, skills, queryTypes } }: SkillmixReport): Html {
  const dropped =
    counts === null
      ? []
      : [
          row('named', [formatCount(counts.named)]),
          row('no names (sentences, numbers)', [share(counts.notNames, counts.named)]),
          row('names of topics', [share(counts.topicNames, counts.named)]),
          row('repeats', [share(counts.repeats, counts.named)]),
          ...groupingRows(counts),
          row(describeMerge(counts), [share(counts.nearDuplicates, counts.named)]),
          ...(counts.notEmbedded === 0
            ? []
            : [row('names without an embedding, compared with none', [share(counts.notEmbedded, counts.named)])]),
        ];
  const rows = [...dropped, row('skills', [formatCount(skills)]), row('query types', [formatCount(queryTypes)])];
  return table(`Inventory, source: ${source}`, ['', 'count'], tableBody(rows));
}

function groupingRows({ groupRounds }: InventorySummary): readonly Html[] {
  if (groupRounds.length === 0) return [];
  const state = isStable(groupRounds) === true ? 'yes' : 'no: groups that mean the same may be left';
  return [
    ...groupRounds.map(({ names, parts, unread, groups }, index) =>
      row(`groups after round ${index + 1}`, [
        html`${share(groups, names)}, ${formatCount(unread)} of ${formatCount(parts)} lists not readable`,
      ]),
    ),
    row('grouped until nothing changed', [state]),
  ];
}

function describeMerge({ mergedBy }: InventorySummary): string {
  return mergedBy === 'letters'
    ? 'merged into a name spelled alike'
    : `merged into a name that means the same, by ${mergedBy}`;
}

/** What became of every reply, turn by turn. */
export function turnTable({ turns }: PairMeasures): Html {
  const rows = turns.map(({ turn, replies, unread, rewrites, faults }) =>
    row(turn, [
      formatCount(replies),
      share(unread, replies),
      formatCount(rewrites),
      faults.map(({ fault, count }) => `${fault} ${formatCount(count)}`).join(', ') || 'none',
    ]),
  );
  const head = ['turn', 'replies', 'not readable', 'rewrites of cut ones', 'because of'];
  return table('Replies by turn', head, tableBody(rows));
}

/** Why pairs gave no row. */
export function failureTable({ failures, pairs, refusedCombinations }: PairMeasures): Html {
  const rows = failures.map(({ failed, count }) => row(html`<code>${failed}</code>`, [share(count, pairs)]));
  return html`${table('Pairs that gave no row', ['turn and fault', 'pairs'], tableBody(rows))}
    <p class="note">
      The teacher found ${formatCount(refusedCombinations)} of ${formatCount(pairs)} combinations implausible. What
      fails is tried again with another seed first, and then with another combination.
    </p>`;
}

/** What the rows are made of. */
export function coverageTable({ measures, inventory, numRows }: SkillmixReport): Html {
  const {
    rows: count,
    skillsUsed,
    combinations,
    sameCombination,
    namingSkill,
    queryTypes,
    sizes,
    qualities,
  } = measures;
  const types = queryTypes.map(({ rows }) => rows);
  const spread = types.length === 0 ? 'none' : `${Math.min(...types)} to ${Math.max(...types)} rows each`;
  const list = (parts: readonly string[]) => parts.join(', ') || 'none';
  const rows = [
    row('rows', [share(count, numRows)]),
    row('skills in rows', [share(skillsUsed, inventory.skills)]),
    row('different combinations', [share(combinations, count)]),
    row('rows with a combination of another row', [share(sameCombination, count)]),
    row('query types in rows', [html`${share(types.length, inventory.queryTypes)}, ${spread}`]),
    row('skills a row', [list(sizes.map(({ size, rows: n }) => `${size}: ${formatCount(n)}`))]),
    row('quality', [list(qualities.map(({ quality, rows: n }) => `${quality}: ${formatCount(n)}`))]),
    row('messages that name one of their skills', [share(namingSkill, count)]),
  ];
  return table('Rows', ['', 'count'], tableBody(rows));
}

/** How long messages and answers are. */
export function lengthTable({ instructionWords, responseWords }: PairMeasures): Html {
  const cells = (lengths: WordLengths | null) => [
    formatNumber(lengths?.mean ?? null, 1),
    formatNumber(lengths?.median ?? null, 1),
    formatCount(lengths?.min ?? null),
    formatCount(lengths?.max ?? null),
  ];
  const rows = [row('message', cells(instructionWords)), row('answer', cells(responseWords))];
  return table('Words of rows', ['', 'mean', 'median', 'least', 'most'], tableBody(rows));
}

/** What critique and refinement changed. */
export function refinementTable({ refined, gate }: PairMeasures): Html {
  const percent = (part: number | null) => (part === null ? 'none' : `${formatNumber(part * 100, 1)} %`);
  const judged = gate.refined + gate.draft + gate.unreadable;
  const rows = [
    row('refined pairs', [formatCount(refined.pairs)]),
    row('without one changed word', [share(refined.unchanged, refined.pairs)]),
    row('critiques that only praise', [formatCount(refined.onlyPraise)]),
    row('changed words of the message, mean', [percent(refined.instruction)]),
    row('changed words of the answer, mean', [percent(refined.response)]),
    ...(judged === 0
      ? []
      : [
          row('judge preferred the refined pair', [share(gate.refined, judged)]),
          row('judge preferred the draft', [share(gate.draft, judged)]),
          row('judge could not be read: draft kept', [share(gate.unreadable, judged)]),
        ]),
  ];
  return table('Refinement', ['', 'pairs'], tableBody(rows));
}
