// Locks the interval of the weighted mean over groups: whole tasks are drawn, and absent groups count as the mode says.
import { expect, it } from 'vitest';
import { bootstrapMacro } from '../../domain/wildbench/macro-bootstrap.ts';

const OPTIONS = { resamples: 400, confidence: 0.95, seed: 3 };
const TASKS = [
  { value: 6, groups: ['Math & Data Analysis', 'Planning & Reasoning'] },
  { value: -2, groups: ['Creative Tasks'] },
] as const;

it('draws whole tasks, so a task moves all of its groups at once', () => {
  // Drawn: the first twice (6), the second twice (-2), or both; a quarter each and a half, so the ends are those of the set.
  expect(bootstrapMacro(TASKS, 'strict', OPTIONS)).toEqual({ low: -2, high: 6, n: 2 });
});

it('counts a group that was not drawn as 0 upstream', () => {
  // The second twice: -2 * 0.5 / 4.75. The first twice: (6 * 1 + 6 * 1.25) / 4.75, which is more than both: (13.5 - 1) / 4.75.
  const interval = bootstrapMacro(TASKS, 'upstream', OPTIONS);
  expect(interval?.low).toBeCloseTo(-1 / 4.75, 12);
  expect(interval?.high).toBeCloseTo(13.5 / 4.75, 12);
});

it('is the mean itself for one task, the same for a seed, and none for no task', () => {
  const [task] = TASKS;
  expect(bootstrapMacro([task], 'strict', OPTIONS)).toEqual({ low: 6, high: 6, n: 1 });
  const many = Array.from({ length: 30 }, (_, index) => ({
    value: (index % 7) - 3,
    groups: ['Creative Tasks'] as const,
  }));
  const drawn = bootstrapMacro(many, 'strict', OPTIONS);
  expect(drawn).toEqual(bootstrapMacro(many, 'strict', OPTIONS));
  // Values have a deviation of 2 (rounded), their mean one of 2 / sqrt(30) = 0.37; 95 % is about 0.73 on each side of 0.
  expect(drawn?.low).toBeLessThan(-0.4);
  expect(drawn?.high).toBeGreaterThan(0.3);
  expect(bootstrapMacro([], 'strict', OPTIONS)).toBeNull();
});
