import type { LedgerCounts } from '../call-ledger.ts';
import type { LedgerEntry } from './ledger-line.ts';

/** Calls that have begun and not ended, by key: more than one where a key was begun again. */
export type OpenCalls = ReadonlyMap<string, number>;

/** Counts the calls of one scope; lost calls are counted key by key, so that one key can't hide another's. */
export class CallTally {
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #tornLines = 0;
  readonly #open = new Map<string, number>();

  add(entry: LedgerEntry): void {
    if (entry.kind === 'start') this.#sent += 1;
    if (entry.kind === 'answer') this.#answered += 1;
    if (entry.kind === 'failure') this.#failed += 1;
    this.#open.set(entry.key, (this.#open.get(entry.key) ?? 0) + (entry.kind === 'start' ? 1 : -1));
  }

  addTornLines(tornLines: number): void {
    this.#tornLines += tornLines;
  }

  /** Calls in flight are neither answered nor lost. */
  counts(inFlight: OpenCalls): LedgerCounts {
    let lost = 0;
    for (const [key, open] of this.#open) lost += Math.max(0, open - (inFlight.get(key) ?? 0));
    return { sent: this.#sent, answered: this.#answered, failed: this.#failed, lost, tornLines: this.#tornLines };
  }
}
