import { hashJson } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import { payOnce, type RefusedCall } from '../calls/paid-calls.ts';
import type { TeacherRequest, TeacherSeat } from './seats.ts';
import type { WriterAnswer } from '../calls/writer-calls.ts';

/** What the calls to a teacher share. */
export interface TeacherCalls {
  readonly seat: TeacherSeat;
  readonly ledger: CallLedger;
  readonly signal: AbortSignal;
  /** Is told of every answer, those found in the ledger included. */
  readonly count: (answer: WriterAnswer | RefusedCall) => void;
}

/**
 * Asks the teacher through the ledger. A chat that has no room for its longest reply is not sent, and no call is counted: it
 * is refused as if the server had said so.
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
  const tooLong = ledger.get(key) === undefined ? await findTooLong(seat, request, signal) : null;
  if (tooLong !== null) return tooLong;
  const answer = await payOnce<WriterAnswer>(ledger, key, async () => {
    signal.throwIfAborted();
    const { text, finishReason, usage } = await seat.ask(request, signal);
    const { promptTokens = null, completionTokens = null } = usage;
    return { text, finishReason, promptTokens, completionTokens };
  });
  count(answer);
  return answer;
}

async function findTooLong(
  seat: TeacherSeat,
  { messages, sampling }: TeacherRequest,
  signal: AbortSignal,
): Promise<RefusedCall | null> {
  const context = await seat.contextTokens(signal);
  if (context === null) return null;
  const tokens = await seat.countTokens(messages, signal);
  if (tokens + sampling.maxTokens <= context) return null;
  const message = `The chat has ${tokens} tokens and its reply may have ${sampling.maxTokens}, more than the context of ${context}: lower maxTokens or show fewer examples.`;
  return { refused: { code: 'model-server/prompt-too-long', message } };
}
