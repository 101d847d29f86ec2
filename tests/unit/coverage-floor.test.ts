import { expect, it } from 'vitest';
import { coverageFloor } from '../../configs/coverage-floor.ts';
import { bestOfNConfig } from '../../configs/schema/best-of-n.ts';
import { makeRunConfig } from '../support/make-run-config.ts';

const bestOfN = (evaluation: object) =>
  bestOfNConfig.parse({
    loop: 'best-of-n',
    data: { prompts: 'prompts.jsonl' },
    policy: { baseUrl: 'http://127.0.0.1:8011', model: 'm' },
    evaluation,
  });

it('asks for 0.8 of the items where a pass rate measures, and for nothing where it steers', () => {
  expect(coverageFloor(bestOfN({}), 'candidates', 'gold')).toBe(0.8);
  expect(coverageFloor(bestOfN({}), 'candidates', 'judge')).toBe(0);
  expect(coverageFloor(makeRunConfig(), 'evaluate', 'judge')).toBe(0.8);
  expect(coverageFloor(makeRunConfig(), 'sample', 'judge')).toBe(0);
});

it('is an option', () => {
  expect(coverageFloor(bestOfN({ minCoverage: 0.5 }), 'greedy', 'gold')).toBe(0.5);
  expect(() => bestOfN({ minCoverage: 1.2 })).toThrow('minCoverage');
});
