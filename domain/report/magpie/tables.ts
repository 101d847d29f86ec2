import { formatCount } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import type { DrawnGroup } from '../../synthesis/tally-synthesis.ts';
import { share } from '../count-cells.ts';
import type { Spread } from '../length-spread.ts';
import { row, table, tableBody } from '../table.ts';
import type { MagpieReport } from './magpie-report.ts';
import { shareText } from './summary-lines.ts';

/** Rows that each stage let through and dropped, with the denominator of every count. */
export function funnelTable({ funnel }: MagpieReport): Html {
  const rows = funnel.flatMap(({ stage, entered, left, drops }) => [
    row(stage, ['let through', share(left, entered)]),
    ...drops.map(({ by, reason, rows }) => row('', [html`<code>${by}: ${reason}</code>`, share(rows, entered)])),
  ]);
  return table('What each stage let through and dropped', ['stage', 'what became of them', 'rows'], tableBody(rows));
}

/** What became of the queries of each group. */
export function groupTable(caption: string, groups: readonly DrawnGroup[]): Html {
  const rows = groups.map(({ name, drawn, cut, looped, ended, voiced, duplicates, screened, kept }) =>
    row(name, [
      formatCount(drawn),
      share(cut, drawn),
      share(looped, drawn),
      share(voiced, ended),
      share(duplicates, ended),
      share(screened, drawn),
      share(kept, drawn),
    ]),
  );
  const head = [
    '',
    'drawn',
    'cut by length',
    'ended as loops',
    'user-voiced',
    'exact duplicates',
    'past the screens',
    'kept',
  ];
  return table(caption, head, tableBody(rows));
}

/** Lengths and costs. */
export function factTable(report: MagpieReport): Html {
  const { queryChars, replyChars, cutReplies, loopedReplies, replies, queryModel, replyModel, sanitised } = report;
  const cleaned = Object.entries(sanitised).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return table(
    'Rows and costs',
    ['', 'value'],
    tableBody([
      row('queries by', [html`<code>${queryModel}</code>`]),
      row('replies by', [html`<code>${replyModel}</code>`]),
      ...(report.withSteering
        ? [row('replies drawn under the steering prompt', ['yes; the dataset does not show it'])]
        : []),
      row('characters of a kept query', [spreadText(queryChars)]),
      row('characters of the replies of a kept row', [spreadText(replyChars)]),
      row('replies cut by their length', [share(cutReplies, replies)]),
      row('replies ended as loops, and dropped', [share(loopedReplies, replies)]),
      row('tokens written, of them for replies', [shareText(report)]),
      ...cleaned.map(([rule, count]) => row(`cleaned by rule ${rule} of the sanitiser`, [formatCount(count)])),
    ]),
  );
}

function spreadText(spread: Spread | null): string {
  if (spread === null) return 'no row';
  const { min, median, max } = spread;
  return `${formatCount(min)} to ${formatCount(max)}, median ${formatCount(median)}`;
}
