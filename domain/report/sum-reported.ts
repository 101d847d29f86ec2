import { formatCount } from '../format-number.ts';
import type { ReportCalls } from './report-base.ts';

/** Tokens of several stages, as far as they were reported. */
export interface TokenSum {
  /** `null` where no stage knows any. */
  readonly known: number | null;
  /** Answered calls of the stages that do not know theirs, scoring calls left out. */
  readonly unreportedCalls: number;
}

/** The calls of all stages together. */
export interface CallTotals extends Pick<ReportCalls, 'sent' | 'answered' | 'failed' | 'lost'> {
  /** Of those sent, the ones that asked a reference for one token's log-probability, for `gates.kl`: nobody counts their tokens. */
  readonly scoring: number;
  readonly promptTokens: TokenSum;
  readonly completionTokens: TokenSum;
}

/** Adds up the calls of all stages; tokens that are not reported stay apart from those that are. */
export function sumReported(calls: readonly ReportCalls[]): CallTotals {
  const sum = (pick: (entry: ReportCalls) => number, of = calls): number =>
    of.reduce((total, entry) => total + pick(entry), 0);
  const drawing = calls.filter(({ stage }) => !isScoring(stage));
  const tokens = (pick: (entry: ReportCalls) => number | null): TokenSum => {
    const known = drawing.filter((entry) => pick(entry) !== null);
    return {
      known: known.length === 0 && drawing.length > 0 ? null : sum((entry) => pick(entry) ?? 0, known),
      unreportedCalls: sum(({ answered }) => answered, drawing) - sum(({ answered }) => answered, known),
    };
  };
  return {
    sent: sum((entry) => entry.sent),
    answered: sum((entry) => entry.answered),
    failed: sum((entry) => entry.failed),
    lost: sum((entry) => entry.lost),
    scoring: sum(({ stage, sent }) => (isScoring(stage) ? sent : 0)),
    promptTokens: tokens((entry) => entry.promptTokens),
    completionTokens: tokens((entry) => entry.completionTokens),
  };
}

/** `12,345 in`, `12,345 in (not reported for 20 calls)` or `not reported in`. */
export function formatTokens({ known, unreportedCalls }: TokenSum, direction: 'in' | 'out'): string {
  const text = `${formatCount(known)} ${direction}`;
  return known === null || unreportedCalls === 0
    ? text
    : `${text} (not reported for ${formatCount(unreportedCalls)} calls)`;
}

function isScoring(stage: string): boolean {
  return stage.endsWith('/kl');
}
