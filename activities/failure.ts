import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { AdapterError, ModelServerError, TickloopError } from '../domain/errors.ts';
import { retryDelay } from './retry-delay.ts';

const PROGRAM_ERRORS = [ReferenceError, TypeError, RangeError, SyntaxError] as const;

/**
 * The one translation of errors into Temporal's terms: `type` is our stable code, `nonRetryable` follows the error,
 * `Retry-After` becomes the least delay. Cancellation and failures that are Temporal's already pass through untouched.
 */
export function toActivityFailure(error: unknown): unknown {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof TickloopError) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable,
      details: [error.details],
      cause: error,
      ...(error instanceof ModelServerError && error.retryAfterMs !== undefined
        ? { nextRetryDelay: retryDelay(error.retryAfterMs) }
        : {}),
    });
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  // A mistake in the program is there on every attempt; whatever else nobody thought of may pass.
  const nonRetryable = PROGRAM_ERRORS.some((kind) => cause instanceof kind);
  return ApplicationFailure.create({ type: 'internal/unexpected', message: cause.message, nonRetryable, cause });
}

/** True for an error that concerns one row only: it becomes a failed rollout, not a failed batch. */
export function isRowError(error: unknown): error is TickloopError {
  return (
    error instanceof TickloopError &&
    (error.code === 'model-server/prompt-too-long' || error.code === 'model-server/bad-request')
  );
}

/** An adapter that the server has forgotten is reconciled by the next attempt; an unknown base model is not. */
export function asAdapterError(error: unknown, adapter: string | null): unknown {
  return adapter !== null && error instanceof ModelServerError && error.kind === 'unknown-model'
    ? new AdapterError('adapter/not-loaded', `${error.message} It is loaded again by the next attempt.`, {
        cause: error,
      })
    : error;
}

type Activity = (...args: never[]) => Promise<unknown>;

/** Wraps every activity of a set, so that nothing but translated failures leaves it. */
export function withTranslatedErrors<Activities extends Record<string, Activity>>(activities: Activities): Activities {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        throw toActivityFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Activities;
}
