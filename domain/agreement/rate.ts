/** A share with what it was taken over; `rate` is null where nothing was. */
export interface Rate {
  /** count / of, in [0, 1]. */
  readonly rate: number | null;
  readonly count: number;
  readonly of: number;
}

/** A rate with its denominator. */
export function rateOf(count: number, of: number): Rate {
  return { rate: of === 0 ? null : count / of, count, of };
}
