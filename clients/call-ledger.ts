import type { JsonValue } from '../domain/canonical-json.ts';

/** What a ledger scope has seen, for the denominators of a report. */
export interface LedgerCounts {
  /** Calls sent: start marks. */
  readonly sent: number;
  /** Calls whose answer is kept. */
  readonly answered: number;
  /** Calls that ended with an error. */
  readonly failed: number;
  /** Calls sent and lost: sent - answered - failed. After a crash these were sent again. */
  readonly lost: number;
  /** Lines that could not be read (torn by a crash). */
  readonly tornLines: number;
}

/**
 * The record of paid calls of one scope (a stage's shard), shared by all attempts and workers.
 *
 * A call is `begin`, then `complete` or `fail`. Bound on repeats after a crash: the calls in flight, plus the answers of at
 * most one flush group.
 */
export interface CallLedger {
  /** The stored answer, if this call was ever completed. The first one stored is the truth. */
  get(key: string): JsonValue | undefined;
  /** Resolves when the start mark has been handed to the operating system; send the call after that. */
  begin(key: string): Promise<void>;
  /** Resolves when the answer is on disk; use the answer after that. */
  complete(key: string, answer: JsonValue): Promise<void>;
  fail(key: string, code: string): Promise<void>;
  counts(): LedgerCounts;
  close(): Promise<void>;
}

/** Opens scopes: `<run>/round-001/respond/shard-0003`. */
export interface LedgerStore {
  open(scope: string): Promise<CallLedger>;
  /** Sum of the counts of every scope below a prefix. */
  countsBelow(prefix: string): Promise<LedgerCounts>;
}
