import type { Checklist, Verdict } from '../checklist.ts';
import { aggregate } from '../judging/aggregate.ts';
import { createRandom } from '../random.ts';
import type { Candidate, DecidedBy } from './candidate.ts';

/** The best candidates and the one of them that is the answer. */
export interface Choice {
  readonly tied: readonly number[];
  readonly chosen: number | null;
  readonly decidedBy: DecidedBy | null;
}

const CRITICAL_WEIGHT = 100;
/** Two quotients of small whole numbers that differ at all differ by more than this. */
const ROUNDING = 1e-9;

/**
 * The candidates with the highest pass rate, and one of them by a chain that is the same on every run: passed critical items
 * (weight 100, when weights differ), weighted pass rate, soft pass rate, then a draw by seed. Never by length, which would favour padding. A candidate
 * with an unparsed verdict is left out as long as there is one without.
 *
 * @source TICK (arXiv 2410.03608) §4.2: highest pass rate, ties kept; the chain is ours
 */
export function chooseBest(checklist: Checklist, candidates: readonly Candidate[], seed: number): Choice {
  const judged = candidates.filter(({ passRate }) => passRate !== null);
  const whole = judged.filter(({ verdicts_I }) => verdicts_I.every(({ answer }) => answer !== 'unparsed'));
  const eligible = whole.length > 0 ? whole : judged;
  if (eligible.length === 0) return { tied: [], chosen: null, decidedBy: null };
  const tiedBest = keepHighest(eligible, ({ passRate }) => passRate ?? 0);
  const links: readonly (readonly [DecidedBy, (candidate: Candidate) => number])[] = [
    ['pass-rate', () => 0],
    ['critical-items', ({ verdicts_I }) => passedCritical(checklist, verdicts_I)],
    ['weighted', ({ verdicts_I }) => rewardOf(checklist, verdicts_I, 'weighted')],
    ['soft', ({ verdicts_I }) => rewardOf(checklist, verdicts_I, 'soft')],
  ];
  let left = tiedBest;
  for (const [decidedBy, valueOf] of links) {
    left = keepHighest(left, valueOf);
    if (left.length === 1) return { tied: indices(tiedBest), chosen: left[0]?.sampleIndex ?? null, decidedBy };
  }
  const drawn = left[Math.floor(createRandom(seed)() * left.length)];
  return { tied: indices(tiedBest), chosen: drawn?.sampleIndex ?? null, decidedBy: 'seed' };
}

/** The candidates whose value is the highest there is. */
export function keepHighest<Item>(items: readonly Item[], valueOf: (item: Item) => number): readonly Item[] {
  const highest = Math.max(...items.map(valueOf));
  return items.filter((item) => valueOf(item) >= highest - ROUNDING);
}

function indices(candidates: readonly Candidate[]): readonly number[] {
  return candidates.map(({ sampleIndex }) => sampleIndex);
}

function passedCritical(checklist: Checklist, verdicts_I: readonly Verdict[]): number {
  return verdicts_I.filter(
    ({ answer }, index) => answer === 'yes' && (checklist[index]?.weight ?? CRITICAL_WEIGHT) === CRITICAL_WEIGHT,
  ).length;
}

function rewardOf(checklist: Checklist, verdicts_I: readonly Verdict[], kind: 'weighted' | 'soft'): number {
  return aggregate(checklist, verdicts_I, { kind, minCoverage: 0 }).value ?? 0;
}
