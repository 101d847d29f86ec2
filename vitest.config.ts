import { defineConfig } from 'vitest/config';

const layer = (name: string, extra: object = {}) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], ...extra },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './tests/support/plain-line-reporter.ts'],
    projects: [
      layer('unit'),
      layer('activities', { testTimeout: 30_000 }),
      layer('workflows', { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false }),
      layer('e2e', { testTimeout: 1_800_000, hookTimeout: 300_000, fileParallelism: false }),
    ],
  },
});
