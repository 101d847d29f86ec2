import type { DecidedRound } from './decide-round.ts';

/** What a run that waits for a person shows. */
export interface ApprovalRequest {
  readonly round: number;
  /** One sentence a gate, those that have not passed first. */
  readonly lines: readonly string[];
}

/** Puts the findings of a round that waits into words. */
export function requestApproval({ round, findings }: DecidedRound): ApprovalRequest {
  const ordered = [...findings.filter(({ passed }) => !passed), ...findings.filter(({ passed }) => passed)];
  return { round, lines: ordered.map(({ gate, passed, text }) => `${gate} ${passed ? 'passed' : 'FAILED'}: ${text}`) };
}
