import { bootstrapMean, type BootstrapOptions, type Interval } from '../bootstrap.ts';
import { createRandom, deriveSeed } from '../random.ts';
import { zipStrict } from '../zip-strict.ts';

/** Estimates of the KL divergence of a policy from its reference, nats a token, over tokens that the policy drew. */
export interface KlEstimates {
  /** Mean log-ratio: unbiased, and may be negative over few tokens. */
  readonly k1: number;
  /** Unbiased too, never negative, and with less variance while the two are close. */
  readonly k3: number;
}

/** The estimates of one answer. */
export interface AnswerKl extends KlEstimates {
  readonly promptId: string;
  readonly sampleIndex: number;
  /** Tokens behind the estimates, at least one. */
  readonly tokens: number;
}

/** How far a version has moved from its reference on the held-out prompts. */
export interface KlMeasure {
  /** `policyStamp` of the reference. */
  readonly reference: string;
  /** Over prompts; `null` without an answer. */
  readonly k1: Interval | null;
  readonly k3: Interval | null;
  readonly answers: number;
  readonly tokens: number;
}

/**
 * Estimates KL(policy || reference) from the log-probabilities of tokens that the policy drew, by both models.
 *
 * @source Schulman, Approximating KL Divergence (2020): with r = p_reference / p_policy, k1 = -log r and k3 = (r - 1) - log r
 */
export function estimateKl(policyLogprobs_T: readonly number[], referenceLogprobs_T: readonly number[]): KlEstimates {
  if (policyLogprobs_T.length === 0) throw new RangeError('an estimate needs at least one token, got none');
  const logRatios = zipStrict(policyLogprobs_T, referenceLogprobs_T).map(([own, reference]) => reference - own);
  return {
    k1: meanOf(logRatios.map((logRatio) => -logRatio)),
    k3: meanOf(logRatios.map((logRatio) => Math.expm1(logRatio) - logRatio)),
  };
}

/** Positions of an answer's tokens that are asked about: all of a short one, else so many, the same ones each time. */
export function drawPositions(
  length: number,
  count: number,
  place: { readonly seed: number; readonly promptId: string; readonly sampleIndex: number },
): readonly number[] {
  const random = createRandom(deriveSeed([place.seed, 'kl', place.promptId, place.sampleIndex]));
  return Array.from({ length }, (_, position) => ({ position, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ position }) => position)
    .toSorted((a, b) => a - b);
}

/** Mean over prompts of the mean over their answers, each answer by its mean over tokens. */
export function summarizeKl(reference: string, answers: readonly AnswerKl[], options: BootstrapOptions): KlMeasure {
  const byPrompt = [...new Set(answers.map(({ promptId }) => promptId))].map((id) =>
    answers.filter(({ promptId }) => promptId === id),
  );
  const intervalOf = (estimate: keyof KlEstimates) =>
    byPrompt.length === 0
      ? null
      : bootstrapMean(
          byPrompt.map((group) => meanOf(group.map((answer) => answer[estimate]))),
          options,
        );
  return {
    reference,
    k1: intervalOf('k1'),
    k3: intervalOf('k3'),
    answers: answers.length,
    tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
