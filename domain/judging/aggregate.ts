import type { Checklist, Verdict } from '../checklist.ts';
import { zipStrict } from '../zip-strict.ts';

/**
 * How the verdicts on an answer become one number in [0, 1]: the share of yes, the same by weight, the mean probability,
 * the same by weight, all or nothing, or a mix of share and all-or-nothing.
 */
export type RewardKind = 'pass-rate' | 'weighted' | 'soft' | 'weighted-soft' | 'all-pass' | 'hybrid';

export interface RewardOptions {
  readonly kind: RewardKind;
  /** Smallest share of items with a verdict, [0, 1]; below it there is no reward. 1 for training, 0.8 for evaluation. */
  readonly minCoverage: number;
  /** Share of all-pass in a hybrid reward, [0, 1]. */
  readonly allPassShare?: number;
}

/** A reward with what it is made of. */
export interface Reward {
  /** In [0, 1]; `undefined` when nothing was decided, too little was, or all that was decided has weight 0. */
  readonly value: number | undefined;
  /** What `value` is a share of: decided items, or the sum of their weights. */
  readonly denominator: number;
  readonly decided: number;
  readonly items: number;
  /** decided / items; `undefined` for an empty checklist. */
  readonly coverage: number | undefined;
}

const FULL_WEIGHT = 100;
const DEFAULT_ALL_PASS_SHARE = 0.5;

/**
 * The reward of one answer. Items without a verdict are in neither sum.
 *
 * @source RLCF (arXiv 2507.18624) §3.2 for weights and soft values; RIFL (arXiv 2511.10507) for all-pass and hybrid
 */
export function aggregate(checklist: Checklist, verdicts_I: readonly Verdict[], options: RewardOptions): Reward {
  const isWeighted = options.kind === 'weighted' || options.kind === 'weighted-soft';
  const decided = zipStrict(checklist, verdicts_I).flatMap(([item, verdict]) =>
    verdict.answer === 'unparsed' ? [] : [{ weight: isWeighted ? (item.weight ?? FULL_WEIGHT) : 1, verdict }],
  );
  const items = checklist.length;
  const coverage = items === 0 ? undefined : decided.length / items;
  const denominator = decided.reduce((sum, { weight }) => sum + weight, 0);
  const share = (valueOf: (verdict: Verdict) => number): number =>
    decided.reduce((sum, { weight, verdict }) => sum + weight * valueOf(verdict), 0) / denominator;
  const isEnough = coverage !== undefined && coverage >= options.minCoverage && denominator > 0;
  return {
    value: isEnough ? valueOfKind(options, share) : undefined,
    denominator,
    decided: decided.length,
    items,
    coverage,
  };
}

function valueOfKind(
  { kind, allPassShare = DEFAULT_ALL_PASS_SHARE }: RewardOptions,
  share: (valueOf: (verdict: Verdict) => number) => number,
): number {
  const passed = share(hardValue);
  const allPassed = passed === 1 ? 1 : 0;
  switch (kind) {
    case 'pass-rate':
    case 'weighted':
      return passed;
    case 'soft':
    case 'weighted-soft':
      return share(({ probability, ...verdict }) => probability ?? hardValue(verdict));
    case 'all-pass':
      return allPassed;
    case 'hybrid':
      return (1 - allPassShare) * passed + allPassShare * allPassed;
  }
}

function hardValue({ answer }: Pick<Verdict, 'answer'>): number {
  return answer === 'yes' ? 1 : 0;
}
