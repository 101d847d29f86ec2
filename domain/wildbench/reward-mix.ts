import type { BootstrapOptions, Interval } from '../bootstrap.ts';
import { createRandom } from '../random.ts';
import type { ConformanceMode } from './mode.ts';
import { percentile } from './percentile.ts';
import { listRewards, type PairCounts, type RewardSummary } from './reward.ts';
import { TASK_GROUPS, type TaskGroup } from './task-groups.ts';

/** Mean of a model's rewards over baselines, each baseline with equal weight. */
export interface RewardMix {
  readonly reward: number | null;
  readonly groups: ReadonlyMap<TaskGroup, number>;
  readonly taskMacroReward: number | null;
  /** Baselines in the mean, in order of the sum. */
  readonly baselines: readonly string[];
  /** Baselines that the model was not run against; upstream they count 0. */
  readonly missing: readonly string[];
}

/** What the published tables call their baselines. */
const BASELINE_MODELS: Readonly<Record<string, string>> = {
  gpt4t: 'gpt-4-turbo-2024-04-09',
  haiku: 'claude-3-haiku-20240307',
  llama: 'Llama-2-70b-chat-hf',
};

/** Order of the published sum: haiku + llama + gpt4t. */
const PUBLISHED_ORDER: readonly string[] = ['haiku', 'llama', 'gpt4t'];

/**
 * Mixes the rewards of one model over all baselines of a file. A model has reward 0 against itself in both modes; upstream
 * it has 0 against every baseline it was not run against (quirk missing-baseline-is-zero).
 *
 * @param summaries by baseline, those that the model was run against
 */
export function mixRewards(
  model: string,
  baselines: readonly string[],
  summaries: ReadonlyMap<string, RewardSummary>,
  mode: ConformanceMode,
): RewardMix {
  const ordered = orderBaselines(baselines);
  const isItself = (baseline: string) => (BASELINE_MODELS[baseline] ?? baseline) === model;
  const missing = ordered.filter((baseline) => !summaries.has(baseline) && !isItself(baseline));
  const mixed = mode === 'upstream' ? ordered : ordered.filter((baseline) => !missing.includes(baseline));
  const mean = (read: (summary: RewardSummary) => number | null): number | null =>
    meanOrNull(
      mixed.map((baseline) => {
        const summary = summaries.get(baseline);
        return summary === undefined ? 0 : (read(summary) ?? (mode === 'upstream' ? 0 : null));
      }),
    );
  const present = [...summaries.values()];
  const groups = TASK_GROUPS.filter((group) => present.some((summary) => summary.groups.has(group)));
  const hasMacro = present.some(({ taskMacroReward }) => taskMacroReward !== null);
  return {
    reward: mean(({ reward }) => reward),
    groups: new Map(
      groups.flatMap((group) =>
        entryOf(
          group,
          mean((summary) => summary.groups.get(group)?.value ?? null),
        ),
      ),
    ),
    taskMacroReward: hasMacro ? mean(({ taskMacroReward }) => taskMacroReward) : null,
    baselines: mixed,
    missing,
  };
}

/**
 * Interval of a mixed reward: the pairs of each baseline are drawn apart. They are of the same tasks, which counts don't
 * show, so the interval takes the baselines for independent. `null` where nothing was judged.
 */
export function bootstrapMix(
  mix: RewardMix,
  countsByBaseline: ReadonlyMap<string, PairCounts>,
  mode: ConformanceMode,
  { resamples, confidence, seed }: BootstrapOptions,
): Omit<Interval, 'mean'> | null {
  const strata = [...countsByBaseline.values()]
    .map((counts) => listRewards(counts, mode))
    .filter((rewards) => rewards.length > 0);
  if (strata.length === 0) return null;
  const random = createRandom(seed);
  const means = Array.from({ length: resamples }, () => {
    // A baseline without pairs counts 0 in the mix, and so in each resample.
    return strata.reduce((sum, rewards) => sum + drawMean(rewards, random), 0) / mix.baselines.length;
  }).toSorted((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return {
    low: percentile(means, tail),
    high: percentile(means, 1 - tail),
    n: strata.reduce((sum, rewards) => sum + rewards.length, 0),
  };
}

function drawMean(rewards: readonly number[], random: () => number): number {
  let sum = 0;
  for (let drawn = 0; drawn < rewards.length; drawn += 1) sum += rewards[Math.floor(random() * rewards.length)] ?? 0;
  return sum / rewards.length;
}

function orderBaselines(baselines: readonly string[]): readonly string[] {
  const rank = (name: string) =>
    PUBLISHED_ORDER.includes(name) ? PUBLISHED_ORDER.indexOf(name) : PUBLISHED_ORDER.length;
  return baselines.toSorted((a, b) => rank(a) - rank(b));
}

function entryOf(group: TaskGroup, value: number | null): [TaskGroup, number][] {
  return value === null ? [] : [[group, value]];
}

function meanOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
