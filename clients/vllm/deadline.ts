import { setMaxListeners } from 'node:events';
import { ModelServerError } from '../../domain/errors.ts';
import type { CallTarget } from './call-target.ts';

/**
 * Runs one call under a time limit and the caller's signal.
 *
 * The limit covers the whole call: waiting for a connection, headers and body.
 *
 * @throws the signal's reason when the caller aborts; `ModelServerError` `timeout` when the limit passes
 */
export async function withDeadline<T>(
  target: CallTarget,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  // All calls of an activity listen to its signal, as many as are in the air: no leak, so no warning at the eleventh.
  if (signal !== undefined) setMaxListeners(0, signal);
  // Not AbortSignal.any over AbortSignal.timeout: on Node 20 such signals can be collected before they fire, and every
  // call would hang a listener on a signal that lives as long as the activity.
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  const forward = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  try {
    return await call(controller.signal);
  } catch (error) {
    if (signal?.aborted === true && !timedOut) throw signal.reason;
    if (timedOut) {
      throw new ModelServerError(
        'timeout',
        `${target.host}${target.path} gave no whole answer within ${timeoutMs} ms; raise the timeout or lower the load on the server.`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}
