import { DataError } from '../errors.ts';
import type { ConformanceMode } from './mode.ts';

/** The five groups of tasks, with the labels that the published files use. */
export const TASK_GROUPS = [
  'Creative Tasks',
  'Planning & Reasoning',
  'Math & Data Analysis',
  'Information/Advice seeking',
  'Coding & Debugging',
] as const;

export type TaskGroup = (typeof TASK_GROUPS)[number];

/** @source WildBench repository, leaderboard/data_dir/_create_tables.py (since 26 June 2024; the paper has no weights) */
export const GROUP_WEIGHTS: Readonly<Record<TaskGroup, number>> = {
  'Creative Tasks': 0.5,
  'Planning & Reasoning': 1.25,
  'Math & Data Analysis': 1,
  'Information/Advice seeking': 0.75,
  'Coding & Debugging': 1.25,
};

/** Sum of all weights, 4.75: the divisor of the published weighted means. */
export const TOTAL_WEIGHT = TASK_GROUPS.reduce((sum, group) => sum + GROUP_WEIGHTS[group], 0);

/** @source WildBench (arXiv 2406.04770) appendix E */
const GROUP_OF_CATEGORY: ReadonlyMap<string, TaskGroup> = new Map<string, TaskGroup>([
  ['Creative Writing', 'Creative Tasks'],
  ['Editing', 'Creative Tasks'],
  ['Brainstorming', 'Creative Tasks'],
  ['Role playing', 'Creative Tasks'],
  ['Others', 'Creative Tasks'],
  ['Reasoning', 'Planning & Reasoning'],
  ['Planning', 'Planning & Reasoning'],
  ['Math', 'Math & Data Analysis'],
  ['Data Analysis', 'Math & Data Analysis'],
  ['Information seeking', 'Information/Advice seeking'],
  ['Advice seeking', 'Information/Advice seeking'],
  ['Coding & Debugging', 'Coding & Debugging'],
]);

/**
 * Groups of a task: that of its primary tag and of every secondary one, each once, in order of the tags.
 *
 * @throws DataError `data/invalid-row` for a tag that is none of the twelve categories
 */
export function groupsOfTags(tags: readonly string[]): readonly TaskGroup[] {
  const groups = tags.map((tag) => {
    const group = GROUP_OF_CATEGORY.get(tag);
    if (group !== undefined) return group;
    const known = [...GROUP_OF_CATEGORY.keys()].join(', ');
    throw new DataError('data/invalid-row', `The tag ${JSON.stringify(tag)} is no WildBench category; use ${known}.`);
  });
  return [...new Set(groups)];
}

/**
 * Weighted mean over groups; `null` without groups. Upstream the sum runs in the order of the map, for equal last bits,
 * and is divided by 4.75 even if a group is absent (quirk fixed-weight-divisor).
 */
export function macroMean(values: ReadonlyMap<TaskGroup, number>, mode: ConformanceMode): number | null {
  if (values.size === 0) return null;
  const entries = mode === 'upstream' ? [...values] : TASK_GROUPS.flatMap((group) => entryOf(values, group));
  const sum = entries.reduce((total, [group, value]) => total + value * GROUP_WEIGHTS[group], 0);
  const weight =
    mode === 'upstream' ? TOTAL_WEIGHT : entries.reduce((total, [group]) => total + GROUP_WEIGHTS[group], 0);
  return sum / weight;
}

function entryOf(values: ReadonlyMap<TaskGroup, number>, group: TaskGroup): [TaskGroup, number][] {
  const value = values.get(group);
  return value === undefined ? [] : [[group, value]];
}
