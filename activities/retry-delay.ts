import { Context } from '@temporalio/activity';

/**
 * How long the next attempt waits after `Retry-After`, in milliseconds: never less than it would have waited without. What an
 * activity names in place of the backoff would otherwise use up its attempts on a server that says one second each time.
 */
export function retryDelay(retryAfterMs: number): number {
  const { attempt, retryPolicy } = Context.current().info;
  // The worker gives intervals as numbers; the server fills in what a policy leaves out.
  const first = Number(retryPolicy?.initialInterval ?? 0);
  const longest = Number(retryPolicy?.maximumInterval ?? Number.POSITIVE_INFINITY);
  const backoff = first * (retryPolicy?.backoffCoefficient ?? 1) ** (attempt - 1);
  return Math.max(retryAfterMs, Math.min(backoff, longest));
}
