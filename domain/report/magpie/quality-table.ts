import { formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { share } from '../count-cells.ts';
import { row, table, tableBody } from '../table.ts';
import type { MagpieQuality, PreferenceSums, RewardSums } from './magpie-quality.ts';

/** What was said of the rows, each share and each mean with its denominator; `null` where nothing was. */
export function qualityTable({ tagged, unread, distances, rewards, preferences }: MagpieQuality): Html | null {
  const rows = [
    ...Object.entries(unread)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([cause, count]) => row(html`no tag: <code>${cause}</code>`, [share(count, tagged)])),
    ...distances.map(({ temperature, compared, distanceSum }) =>
      row(`distance to the nearest earlier query, drawn at temperature ${temperature}`, [mean(distanceSum, compared)]),
    ),
    ...(rewards === null ? [] : rewardRows(rewards)),
    ...(preferences === null ? [] : preferenceRows(preferences)),
  ];
  return rows.length === 0 ? null : table('Tags, neighbours, rewards and pairs', ['', 'value'], tableBody(rows));
}

function rewardRows({ scored, rewardSum, unscored, differences, differenceSum }: RewardSums): readonly Html[] {
  return [
    row('reward of a conversation', [mean(rewardSum, scored)]),
    row('conversations that the reward model refused', [share(unscored, scored + unscored)]),
    ...(differences === 0 ? [] : [row('reward above that of the base model', [mean(differenceSum, differences)])]),
  ];
}

function preferenceRows(sums: PreferenceSums): readonly Html[] {
  const { queries, passedOver, replies, failed, unscored, distinct, pairs } = sums;
  return [
    row('preference pairs, of the queries that were replied to', [share(pairs, queries)]),
    row('margin of a pair', [mean(sums.marginSum, pairs)]),
    row('no pair: all replies equal', [share(sums.allEqual, queries)]),
    row('no pair: margin too small', [share(sums.marginTooSmall, queries)]),
    row('no pair: too few replies scored', [share(sums.tooFewScored, queries)]),
    row('kept rows that do not meet preferences.only', [share(passedOver, passedOver + queries)]),
    row('different replies', [share(distinct, replies - failed)]),
    row('replies that failed', [share(failed, replies)]),
    row('replies without a score', [share(unscored, replies - failed)]),
  ];
}

function mean(sum: number, count: number): Html {
  return count === 0
    ? html`none`
    : html`${formatNumber(sum / count, 3)} <span class="quiet">on average of ${count}</span>`;
}
