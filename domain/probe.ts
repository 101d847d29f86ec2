/**
 * Log-probabilities (nats) of the tokens of the probe texts, flattened, all of the same length. Where whole weights are
 * trained, "adapter" is the checkpoint and "base" the weights that its training started from.
 */
export interface ProbeReadings {
  /** By the trainer with no adapter, and with the new adapter. */
  readonly trainedBase_T: readonly number[];
  readonly trainedAdapter_T: readonly number[];
  /** By the server for the base, for the new adapter and for the policy that it replaces. */
  readonly servedBase_T: readonly number[];
  readonly servedAdapter_T: readonly number[];
  readonly servedPrevious_T: readonly number[];
}

/** Mean absolute differences a token, in nats. */
export interface ProbeNumbers {
  /** served adapter against served previous policy. */
  readonly meanChange: number;
  /** served adapter against the trainer's own. */
  readonly meanDisagreement: number;
  /** served base against the trainer's own: the noise of two implementations, or another base. */
  readonly baseDisagreement: number;
}

export type ProbeDecision =
  | ({ readonly ok: true } & ProbeNumbers)
  | ({
      readonly ok: false;
      readonly code: 'base-mismatch' | 'no-op' | 'probe-mismatch';
      readonly why: string;
    } & ProbeNumbers);

/** Mean absolute difference of two equally long lists. */
export function meanAbsoluteDifference(a_T: readonly number[], b_T: readonly number[]): number {
  if (a_T.length !== b_T.length || a_T.length === 0) {
    throw new RangeError(`probe readings of ${a_T.length} and ${b_T.length} tokens can't be compared`);
  }
  return a_T.reduce((sum, a, t) => sum + Math.abs(a - (b_T[t] as number)), 0) / a_T.length;
}

const nats = (value: number): string => value.toFixed(4);

/**
 * As near to old weights as this share of the distance to the trained ones, and what is served is the old ones. Two readings
 * of the same weights by one server differ by far less than server and trainer do: in bfloat16, with 64 tokens, old weights
 * under a new name came to shares of 0.00 to 0.06, and true ones of small rounds to 0.81 and more (docs/log.md).
 */
const OLD_BY_SAME_SERVER = 0.5;

/** The same where the old weights were read by the trainer alone: both distances then hold the noise of two implementations. */
const OLD_BY_TRAINER = 1;

/**
 * Decides whether what is served is what was trained. Beside the two thresholds there is one test without a scale: served
 * log-probabilities that lie so near to those of the previous policy, or of the base, are old weights under a new name.
 *
 * @param oldReadBy who computed `servedBase_T` and `servedPrevious_T`
 */
export function decideProbe(
  readings: ProbeReadings,
  limits: { readonly tolerance: number; readonly minChange: number },
  what: 'adapter' | 'checkpoint' = 'adapter',
  oldReadBy: 'server' | 'trainer' = 'server',
): ProbeDecision {
  const numbers: ProbeNumbers = {
    meanChange: meanAbsoluteDifference(readings.servedAdapter_T, readings.servedPrevious_T),
    meanDisagreement: meanAbsoluteDifference(readings.servedAdapter_T, readings.trainedAdapter_T),
    baseDisagreement: meanAbsoluteDifference(readings.servedBase_T, readings.trainedBase_T),
  };
  if (numbers.baseDisagreement > limits.tolerance) {
    return {
      ok: false,
      code: 'base-mismatch',
      why: `the server's base model differs from the one trained on by ${nats(numbers.baseDisagreement)} nats a token (allowed ${limits.tolerance})`,
      ...numbers,
    };
  }
  if (meanAbsoluteDifference(readings.trainedAdapter_T, readings.trainedBase_T) < limits.minChange) {
    return { ok: false, code: 'no-op', why: `training changed nothing: the ${what} equals its base`, ...numbers };
  }
  const fromBase = meanAbsoluteDifference(readings.servedAdapter_T, readings.servedBase_T);
  const nearness = oldReadBy === 'server' ? OLD_BY_SAME_SERVER : OLD_BY_TRAINER;
  const isBase = fromBase < numbers.meanChange;
  const isOld = Math.min(numbers.meanChange, fromBase) < nearness * numbers.meanDisagreement;
  if (numbers.meanDisagreement > limits.tolerance || isOld) {
    return {
      ok: false,
      code: 'probe-mismatch',
      why: `served and trained log-probabilities differ by ${nats(numbers.meanDisagreement)} nats a token (allowed ${limits.tolerance}), served and previous ones by ${nats(numbers.meanChange)}${isBase ? `, served ones and those of the base by ${nats(fromBase)}` : ''}`,
      ...numbers,
    };
  }
  if (numbers.meanChange < limits.minChange) {
    return {
      ok: false,
      code: 'no-op',
      why: `the served ${what} changes log-probabilities by ${nats(numbers.meanChange)} nats a token only (at least ${limits.minChange})`,
      ...numbers,
    };
  }
  return { ok: true, ...numbers };
}
