import { bootstrapMean, type Interval } from '../../domain/bootstrap.ts';
import { formatNumber } from '../../domain/format-number.ts';
import type { Rate } from '../../domain/agreement/rate.ts';

/** One part of `tick eval`: what is printed for people and what for programs. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
  /** The key of this part in the JSON object, and its value. */
  readonly key: string;
  readonly object: object;
}

/** How every interval of `tick eval` is drawn; printed with the results. */
export const BOOTSTRAP = { resamples: 2000, confidence: 0.95, seed: 1 } as const;

/** Mean with its interval over independent values, one a task or pair; null where there is none. */
export function intervalOf(values: readonly (number | null)[]): Interval | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : bootstrapMean(known, BOOTSTRAP);
}

/** A line of a name and a value, the values below each other. */
export function formatLine(name: string, value: string): string {
  return `${name.padEnd(38)}  ${value}`;
}

/** `0.826 (413 of 500)`. */
export function formatRate({ rate, count, of }: Rate): string {
  return `${formatNumber(rate, 3)} (${count} of ${of})`;
}

/** `0.826 [0.790, 0.861], n = 64`. */
export function formatInterval(interval: Interval | null): string {
  if (interval === null) return formatNumber(null, 3);
  const { mean, low, high, n } = interval;
  return `${formatNumber(mean, 3)} [${formatNumber(low, 3)}, ${formatNumber(high, 3)}], n = ${n}`;
}

/** The same value with `camelCase` keys as `snake_case`, as the command line writes them. */
export function toSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => toSnakeCase(entry));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toSnakeCase(entry),
    ]),
  );
}
