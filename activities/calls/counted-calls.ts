import { cancellationSignal } from '@temporalio/activity';
import type { LimitFunction } from 'p-limit';
import type { CallLedger, LedgerStore } from '../../clients/call-ledger.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { finishWhatIsPaid, isRefused, type RefusedCall } from './paid-calls.ts';
import type { CallUsage } from './policy-calls.ts';

/** Tokens of an answer; `null` where the server did not say. */
interface CountedAnswer {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** The calls of one activity, which share a ledger, an end and a count. */
export interface CountedCalls {
  readonly ledger: CallLedger;
  readonly signal: AbortSignal;
  /** Is to be told of every answer, those found in the ledger included. */
  readonly count: (answer: CountedAnswer | RefusedCall) => void;
  /** Runs all tasks as `finishWhatIsPaid` does; each that is done is a step of the activity. */
  readonly each: <Task, Result>(
    lane: LimitFunction,
    tasks: readonly Task[],
    run: (task: Task) => Promise<Result>,
  ) => Promise<readonly Result[]>;
}

/**
 * Lets `work` make its calls through the ledger of `scope`, with heartbeats that say how many of `total` steps are done.
 * However it ends, the heartbeats are stopped and the ledger is closed.
 */
export async function countCalls<Result>(
  ledgers: LedgerStore,
  { scope, total }: { readonly scope: string; readonly total: number },
  work: (calls: CountedCalls) => Promise<Result>,
): Promise<{ readonly result: Result; readonly usage: CallUsage }> {
  const signal = cancellationSignal();
  const progress = { done: 0, total, calls: 0, promptTokens: 0, completionTokens: 0 };
  const ledger = await ledgers.open(scope);
  const stopHeartbeats = startHeartbeats(() => progress);
  try {
    const result = await work({
      ledger,
      signal,
      count: (answer) => {
        progress.calls += 1;
        if (isRefused(answer)) return;
        progress.promptTokens += answer.promptTokens ?? 0;
        progress.completionTokens += answer.completionTokens ?? 0;
      },
      each: (lane, tasks, run) =>
        finishWhatIsPaid(
          lane,
          tasks,
          async (task) => {
            const done = await run(task);
            progress.done += 1;
            return done;
          },
          signal,
        ),
    });
    const { calls, promptTokens, completionTokens } = progress;
    return { result, usage: { calls, promptTokens, completionTokens } };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}
