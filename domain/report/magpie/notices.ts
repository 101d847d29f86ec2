import type { StageFunnel } from '../../synthesis/tally-synthesis.ts';
import { formatCount } from '../../format-number.ts';
import type { MagpieQuality } from './magpie-quality.ts';

/** What a reader should look into: numbers that are possible, and more likely a fault of the set-up. */
export function magpieNotices(
  { rewards, preferences }: MagpieQuality,
  funnel: readonly StageFunnel[],
  hasRewardRule: boolean,
): readonly string[] {
  const notices: string[] = [];
  if (preferences !== null && preferences.queries > 0 && preferences.pairs === 0) {
    const { queries, distinct, replies, failed } = preferences;
    notices.push(
      `no preference pair came of ${formatCount(queries)} queries, whose ${formatCount(replies - failed)} replies have ${formatCount(distinct)} different texts: a server that ignores n or seed gives the same reply each time`,
    );
  }
  const rewardDrops = funnel.flatMap(({ drops }) => drops).filter(({ by }) => by === 'reward');
  const dropped = rewardDrops.reduce((sum, { reason, rows }) => sum + (reason === 'unscored' ? 0 : rows), 0);
  if (hasRewardRule && rewards !== null && rewards.scored > 0 && dropped === 0) {
    notices.push(
      `the reward filter dropped none of ${formatCount(rewards.scored)} scored conversations: its threshold may be for another reward model`,
    );
  }
  return notices;
}
