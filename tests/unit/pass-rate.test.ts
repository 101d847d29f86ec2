import { expect, it } from 'vitest';

import type { Verdict } from '../../domain/checklist.ts';
import { countVerdicts, passRate } from '../../domain/pass-rate.ts';

const yes: Verdict = { answer: 'yes', by: 'code', reason: '' };
const no: Verdict = { answer: 'no', by: 'judge', reason: '' };
const unparsed: Verdict = { answer: 'unparsed', by: 'judge', cause: 'empty', reason: '' };

it('leaves unparsed verdicts out of the pass rate', () => {
  expect(passRate([yes, no, no, unparsed, yes, yes])).toBe(0.6);
});

it('has no pass rate when no item was decided', () => {
  expect(passRate([])).toBeUndefined();
  expect(passRate([unparsed])).toBeUndefined();
});

it('tells a pass rate of zero from none', () => {
  expect(passRate([no, unparsed])).toBe(0);
});

it('counts each kind of verdict', () => {
  expect(countVerdicts([yes, unparsed, no, yes])).toEqual({ yes: 2, no: 1, unparsed: 1 });
  expect(countVerdicts([])).toEqual({ yes: 0, no: 0, unparsed: 0 });
});

it('has no pass rate when fewer items were decided than asked for, and counts exactly as many as asked for', () => {
  // 4 of 5 decided are 0.8 of the items; 3 of 4 are 0.75.
  expect(passRate([yes, yes, yes, no, unparsed], 0.8)).toBe(0.75);
  expect(passRate([yes, yes, no, unparsed], 0.8)).toBeUndefined();
  expect(passRate([yes, no], 1)).toBe(0.5);
  expect(passRate([yes, no, unparsed], 1)).toBeUndefined();
  expect(passRate([], 0.8)).toBeUndefined();
});
