import type { BootstrapOptions } from '../bootstrap.ts';
import { createRandom } from '../random.ts';
import type { ConformanceMode } from './mode.ts';
import { percentile } from './percentile.ts';
import { macroMean, type TaskGroup } from './task-groups.ts';

/** What one task adds to the means of its groups. */
export interface GroupedValue {
  readonly value: number;
  readonly groups: readonly TaskGroup[];
}

/** A percentile interval of a weighted mean over groups. */
export interface MacroInterval {
  readonly low: number;
  readonly high: number;
  /** Tasks that were drawn from. */
  readonly n: number;
}

/**
 * Interval of the weighted mean over groups: whole tasks are drawn, so that one with several groups moves them together.
 * A group that no drawn task has is left out of that resample, or counts 0 in it, as the mode does with absent groups.
 *
 * @returns `null` without a task
 */
export function bootstrapMacro(
  tasks: readonly GroupedValue[],
  mode: ConformanceMode,
  { resamples, confidence, seed }: BootstrapOptions,
): MacroInterval | null {
  if (tasks.length === 0) return null;
  const random = createRandom(seed);
  const means = Array.from({ length: resamples }, () => drawMacro(tasks, mode, random)).toSorted((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return { low: percentile(means, tail), high: percentile(means, 1 - tail), n: tasks.length };
}

function drawMacro(tasks: readonly GroupedValue[], mode: ConformanceMode, random: () => number): number {
  const sums = new Map<TaskGroup, { sum: number; n: number }>();
  for (let drawn = 0; drawn < tasks.length; drawn += 1) {
    const task = tasks[Math.floor(random() * tasks.length)];
    for (const group of task?.groups ?? []) {
      const found = sums.get(group);
      if (found === undefined) sums.set(group, { sum: task?.value ?? 0, n: 1 });
      else {
        found.sum += task?.value ?? 0;
        found.n += 1;
      }
    }
  }
  return macroMean(new Map([...sums].map(([group, { sum, n }]) => [group, sum / n])), mode) ?? 0;
}
