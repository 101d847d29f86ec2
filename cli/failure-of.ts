import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { TickloopError } from '../domain/errors.ts';

/** What the user is told of an error: a stable code and one clear message. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Finds our code and sentence below Temporal's wrappers. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TickloopError) return { code: error.code, message: error.message };
  if (error instanceof ApplicationFailure) return { code: error.type ?? 'internal/unexpected', message: error.message };
  if ((error instanceof WorkflowFailedError || error instanceof TemporalFailure) && error.cause !== undefined)
    return failureOf(error.cause);
  return { code: 'internal/unexpected', message: error instanceof Error ? error.message : String(error) };
}

/** 2 for a config that can't be used, 1 for anything else that failed. */
export function exitCodeOf({ code }: Failure): 1 | 2 {
  return code.startsWith('config/') ? 2 : 1;
}
