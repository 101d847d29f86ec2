/** What a long activity tells through its heartbeats. Never a place to resume from: that is the ledger's. */
export interface ActivityProgress {
  /** Rows done of rows in all; for training, steps. */
  readonly done: number;
  readonly total: number;
  /** Model calls answered, those found in the ledger included. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls for which the server gave both token counts; all of them where this is left out. */
  readonly reported?: number;
  readonly training?: { readonly loss: number; readonly margin: number };
}

/** Progress of an activity that has not begun. */
export const NOTHING_DONE: ActivityProgress = {
  done: 0,
  total: 0,
  calls: 0,
  promptTokens: 0,
  completionTokens: 0,
  reported: 0,
};

/** What two parts of one activity have done together. */
export function addProgress(a: ActivityProgress, b: ActivityProgress): ActivityProgress {
  return {
    done: a.done + b.done,
    total: a.total + b.total,
    calls: a.calls + b.calls,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    reported: (a.reported ?? a.calls) + (b.reported ?? b.calls),
  };
}
