import type { Interval } from '../bootstrap.ts';
import type { Evidence, GateAction, GateName } from './gate-rules.ts';

/** What one gate found. */
export interface GateFinding {
  readonly gate: GateName;
  readonly passed: boolean;
  /** `null` when it could not be measured, and then it has not passed. */
  readonly measured: number | null;
  readonly limit: number | null;
  /** What follows when it has not passed. */
  readonly onFail: GateAction;
  /** One sentence with the numbers and what they were taken over. */
  readonly text: string;
}

/** Makes a finding. */
export function finding(
  gate: GateName,
  onFail: GateAction,
  found: Pick<GateFinding, 'passed' | 'measured' | 'limit' | 'text'>,
): GateFinding {
  return { gate, onFail, ...found };
}

/** The end of an interval that a limit is held against. */
export function boundOf(interval: Interval, evidence: Evidence, bound: 'low' | 'high'): number {
  return evidence === 'mean' ? interval.mean : interval[bound];
}

/** Names the evidence. */
export function words(evidence: Evidence): string {
  return evidence === 'mean' ? 'mean' : 'whole interval';
}

/** An interval and what it was taken over. */
export function between({ low, high, n }: Interval, over = 'prompts'): string {
  return `interval ${signed(low)} to ${signed(high)} over ${n} ${over}`;
}

/** A number with its sign. */
export function signed(value: number): string {
  const text = value.toFixed(3);
  return value > 0 ? `+${text}` : text.replace(/^-(0\.000)$/, '$1');
}
