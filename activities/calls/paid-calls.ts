import type { LimitFunction } from 'p-limit';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import { TickloopError } from '../../domain/errors.ts';
import { isRowError } from '../failure.ts';

/** A call that was refused for its own content: paid for, and not asked again. */
export interface RefusedCall {
  readonly refused: { readonly code: string; readonly message: string };
}

/** True for an answer that is the record of a refusal. */
export function isRefused(answer: object): answer is RefusedCall {
  return 'refused' in answer;
}

/** Calls that are sent and not answered yet, by ledger and key. */
const callsInAir = new WeakMap<CallLedger, Map<string, Promise<object>>>();

/**
 * Makes one call through the ledger: a stored answer is returned without a call, an equal call that is in the air is waited
 * for; a new answer is stored before it is used.
 * An error of the call's own content is stored as its answer; any other is marked and thrown.
 */
export async function payOnce<Answer extends object>(
  ledger: CallLedger,
  key: string,
  call: () => Promise<Answer>,
): Promise<Answer | RefusedCall> {
  const known = ledger.get(key);
  if (known !== undefined) return known as unknown as Answer | RefusedCall;
  const inAir = callsInAir.get(ledger) ?? new Map<string, Promise<object>>();
  callsInAir.set(ledger, inAir);
  const equal = inAir.get(key);
  if (equal !== undefined) return equal as Promise<Answer | RefusedCall>;
  const paid = pay(ledger, key, call).finally(() => inAir.delete(key));
  inAir.set(key, paid);
  return paid;
}

async function pay<Answer extends object>(
  ledger: CallLedger,
  key: string,
  call: () => Promise<Answer>,
): Promise<Answer | RefusedCall> {
  await ledger.begin(key);
  const answer = await attempt(ledger, key, call);
  await ledger.complete(key, answer as unknown as JsonValue);
  return answer;
}

async function attempt<Answer extends object>(
  ledger: CallLedger,
  key: string,
  call: () => Promise<Answer>,
): Promise<Answer | RefusedCall> {
  try {
    return await call();
  } catch (error) {
    if (isRowError(error)) return { refused: { code: error.code, message: error.message } };
    await ledger.fail(key, error instanceof TickloopError ? error.code : 'cancelled');
    throw error;
  }
}

/**
 * Runs all tasks through a lane and returns their results in order. After the first error no further task starts; those in
 * the air are waited for, so that what was paid for is kept, and then the error is thrown.
 */
export async function finishWhatIsPaid<Task, Result>(
  lane: LimitFunction,
  tasks: readonly Task[],
  run: (task: Task) => Promise<Result>,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  let stopped: { readonly error: unknown } | undefined;
  const results = await Promise.all(
    tasks.map((task) =>
      lane(async () => {
        if (stopped !== undefined || signal.aborted) return undefined;
        try {
          return await run(task);
        } catch (error) {
          stopped ??= { error };
          return undefined;
        }
      }),
    ),
  );
  signal.throwIfAborted();
  if (stopped !== undefined) throw stopped.error;
  return results as readonly Result[];
}
