import type { BootstrapOptions } from '../bootstrap.ts';
import { createRandom } from '../random.ts';
import type { AnswerPair } from './judgments.ts';
import type { ConformanceMode } from './mode.ts';
import { isPairChoice, outcomeOf, rewardOfOutcome } from './outcome.ts';
import { percentile } from './percentile.ts';

/** Reward of each task against one baseline, -1 to 1. */
export type TaskRewards = ReadonlyMap<string, number>;

/**
 * Mean reward of each task under a length penalty of K code points: both orders of a pair are one observation, not two.
 * Upstream a dropped pair is a reward of 0 (quirk dropped-rows-divide), strictly it is none.
 */
export function rewardsByTask(
  pairs: readonly AnswerPair[],
  lengthPenaltyChars: number,
  mode: ConformanceMode,
): TaskRewards {
  const rewards = new Map<string, number[]>();
  for (const pair of pairs) {
    const { choice, empty, truncated, sessionId } = pair;
    const isDropped = empty || truncated;
    if (choice === null || !isPairChoice(choice) || (isDropped && mode === 'strict')) continue;
    const reward = isDropped ? 0 : rewardOfOutcome(outcomeOf(choice, pair, lengthPenaltyChars));
    rewards.set(sessionId, [...(rewards.get(sessionId) ?? []), reward]);
  }
  return new Map([...rewards].map(([sessionId, list]) => [sessionId, mean(list)]));
}

/**
 * Interval of the mean over baselines of a model's mean reward: tasks are drawn, each with its rewards against all
 * baselines, since those are of the same answer.
 *
 * @param constants how many more baselines have reward 0 whatever is drawn: the model itself
 * @returns `null` without any reward
 */
export function bootstrapTasks(
  baselines: readonly TaskRewards[],
  constants: number,
  { resamples, confidence, seed }: BootstrapOptions,
): { readonly low: number; readonly high: number; readonly n: number } | null {
  const present = baselines.filter((rewards) => rewards.size > 0);
  const sessions = [...new Set(present.flatMap((rewards) => [...rewards.keys()]))];
  if (sessions.length === 0) return null;
  const random = createRandom(seed);
  const means = Array.from({ length: resamples }, () => {
    const drawn = sessions.map(() => sessions[Math.floor(random() * sessions.length)] ?? '');
    const sum = present.reduce((total, rewards) => total + mean(drawn.flatMap((task) => rewards.get(task) ?? [])), 0);
    return sum / (present.length + constants);
  }).toSorted((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return { low: percentile(means, tail), high: percentile(means, 1 - tail), n: sessions.length };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
