import { defineConfig } from 'vitest/config';

/** A test layer; layers of a later group start when the earlier ones are done, since they want the cores to themselves. */
const layer = (name: string, groupOrder: number, extra: object = {}) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], sequence: { groupOrder }, ...extra },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './tests/support/plain-line-reporter.ts'],
    projects: [
      layer('unit', 0, { testTimeout: 30_000 }),
      layer('activities', 0, { testTimeout: 30_000 }),
      layer('workflows', 1, { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false }),
      layer('e2e', 2, { testTimeout: 1_800_000, hookTimeout: 300_000, fileParallelism: false }),
    ],
  },
});
