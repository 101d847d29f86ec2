import { formatNumber } from '../format-number.ts';
import type { ReportInterval } from './report-base.ts';

/** `[0.10, 0.31]`, or `not reported` where a bound is missing. */
export function formatBounds(interval: ReportInterval | null): string {
  if (interval === null || interval.low === null || interval.high === null) return formatNumber(null, 2);
  return `[${formatNumber(interval.low, 2)}, ${formatNumber(interval.high, 2)}]`;
}

/** `95 %` for 0.95. */
export function formatConfidence(confidence: number): string {
  return `${Number((confidence * 100).toFixed(2))} %`;
}

/** A difference with its sign (`+0.12`), or `not reported`. */
export function formatSigned(value: number | null, decimals: number): string {
  const text = formatNumber(value, decimals);
  return value !== null && Number(text) > 0 ? `+${text}` : text;
}
