import { hashJson } from '../clients/content-hash.ts';
import type { CallLedger } from '../clients/call-ledger.ts';
import { PromptTooLongError } from '../domain/errors.ts';
import { payOnce, type RefusedCall } from './paid-calls.ts';
import type { TeacherRequest, TeacherSeat } from './skillmix-seats.ts';
import type { WriterAnswer } from './writer-calls.ts';

/** What the calls to a teacher share. */
export interface TeacherCalls {
  readonly seat: TeacherSeat;
  readonly ledger: CallLedger;
  readonly signal: AbortSignal;
  /** Is told of every answer, those found in the ledger included. */
  readonly count: (answer: WriterAnswer | RefusedCall) => void;
}

/**
 * Asks the teacher through the ledger. A chat that has no room for its longest reply is not sent: it is kept as refused, as
 * if the server had said so.
 */
export async function askTeacher(
  { seat, ledger, signal, count }: TeacherCalls,
  request: TeacherRequest,
): Promise<WriterAnswer | RefusedCall> {
  const { messages, seed, sampling, jsonSchema } = request;
  const key = hashJson({
    endpoint: 'teacher',
    model: seat.name,
    messages: messages.map(({ role, content }) => ({ role, content })),
    sampling: { ...sampling },
    seed,
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
  });
  const answer = await payOnce<WriterAnswer>(ledger, key, async () => {
    signal.throwIfAborted();
    await refuseTooLong(seat, request, signal);
    const { text, finishReason, usage } = await seat.ask(request, signal);
    const { promptTokens = null, completionTokens = null } = usage;
    return { text, finishReason, promptTokens, completionTokens };
  });
  count(answer);
  return answer;
}

async function refuseTooLong(seat: TeacherSeat, { messages, sampling }: TeacherRequest, signal: AbortSignal) {
  const context = await seat.contextTokens(signal);
  if (context === null) return;
  const tokens = await seat.countTokens(messages, signal);
  if (tokens + sampling.maxTokens <= context) return;
  throw new PromptTooLongError(
    `The chat has ${tokens} tokens and its reply may have ${sampling.maxTokens}, more than the context of ${context}: lower maxTokens or show fewer examples.`,
  );
}
