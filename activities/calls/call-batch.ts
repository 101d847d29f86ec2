import { ModelServerError, type ModelServerErrorKind } from '../../domain/errors.ts';

/** Errors that one call may meet while the server serves the others. */
const ISOLATED_KINDS: ReadonlySet<ModelServerErrorKind> = new Set(['timeout', 'server-error', 'malformed-response']);

/** So many isolated errors without an answer in between are a sick server. */
const MOST_FAILURES_IN_A_ROW = 5;

/** The calls of one activity, as far as they stop together. */
export interface CallBatch {
  /** Makes a call, unless the batch has stopped: then its error is thrown and nothing is sent. */
  run<Answer>(call: () => Promise<Answer>): Promise<Answer>;
}

/**
 * Makes a batch that goes on after a lone timeout, so that one attempt of an activity pays for all it can, and stops at
 * once when the server is away, busy or refuses everybody.
 */
export function createCallBatch(signal: AbortSignal): CallBatch {
  let stopped: { readonly error: unknown } | undefined;
  let failuresInARow = 0;
  return {
    async run(call) {
      signal.throwIfAborted();
      if (stopped !== undefined) throw stopped.error;
      try {
        const answer = await call();
        failuresInARow = 0;
        return answer;
      } catch (error) {
        failuresInARow += 1;
        const isIsolated = error instanceof ModelServerError && ISOLATED_KINDS.has(error.kind);
        if (!isIsolated || failuresInARow >= MOST_FAILURES_IN_A_ROW) stopped ??= { error };
        throw error;
      }
    },
  };
}
