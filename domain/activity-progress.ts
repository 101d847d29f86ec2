/** What a long activity tells through its heartbeats. Never a place to resume from: that is the ledger's. */
export interface ActivityProgress {
  /** Rows done of rows in all; for training, steps. */
  readonly done: number;
  readonly total: number;
  /** Model calls answered, those found in the ledger included. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly training?: { readonly loss: number; readonly margin: number };
}
