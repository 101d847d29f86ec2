import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { FinishReason } from '../../domain/completion.ts';
import { callSeed } from '../../domain/random.ts';
import type { ReadReply } from '../../domain/synthesis/read-json-reply.ts';
import { isRefused, payOnce, type RefusedCall } from '../calls/paid-calls.ts';
import type { WriterAnswer } from '../calls/writer-calls.ts';
import type { WriterSeat } from '../calls/writer-seat.ts';

/** What the calls of a batch share that ask for tags. */
export interface TagCalls {
  /** Seed of the run. */
  readonly seed: number;
  readonly ledger: CallLedger;
  readonly signal: AbortSignal;
  /** Is told of every answer, those found in the ledger included. */
  readonly count: (answer: WriterAnswer | RefusedCall) => void;
}

/** How one kind of tag is asked for. */
export interface TagAsk<Value> {
  readonly kind: string;
  readonly seat: WriterSeat;
  readonly attempts: number;
  readonly temperature: number;
  readonly retryTemperature: number;
  readonly maxTokens: number;
  readonly schema?: { readonly [key: string]: JsonValue };
  read(reply: string, finishReason: FinishReason): ReadReply<Value>;
}

/** Asks for a tag until one can be read, each time with a new seed; the last reply stands. */
export async function askForTag<Value>(
  calls: TagCalls,
  ask: TagAsk<Value>,
  rowId: string,
  content: string,
): Promise<ReadReply<Value>> {
  let read: ReadReply<Value> = { ok: false, cause: 'empty', detail: 'no reply' };
  for (let attempt = 0; attempt < ask.attempts && !read.ok; attempt += 1) {
    const answer = await askOnce(calls, ask, { rowId, content, attempt });
    calls.count(answer);
    if (isRefused(answer)) return { ok: false, cause: 'refused', detail: answer.refused.code };
    read = ask.read(answer.text, answer.finishReason);
  }
  return read;
}

async function askOnce<Value>(
  { seed, ledger, signal }: TagCalls,
  { kind, seat, temperature, retryTemperature, maxTokens, schema }: TagAsk<Value>,
  { rowId, content, attempt }: { readonly rowId: string; readonly content: string; readonly attempt: number },
): Promise<WriterAnswer | RefusedCall> {
  const request = {
    messages: [{ role: 'user' as const, content }],
    seed: callSeed({ seed, stage: `tag-${kind}`, round: 0, promptId: rowId, sampleIndex: attempt }),
    temperature: attempt === 0 ? temperature : Math.max(temperature, retryTemperature),
    maxTokens,
  };
  const key = hashJson({
    endpoint: 'tagger',
    kind,
    model: seat.name,
    schema: schema === undefined ? null : sha256Hex(JSON.stringify(schema)),
    ...request,
  });
  return payOnce<WriterAnswer>(ledger, key, async () => {
    signal.throwIfAborted();
    const constraint = schema === undefined ? {} : { jsonSchema: schema };
    const { text, finishReason, usage } = await seat.ask({ ...request, ...constraint }, signal);
    const { promptTokens = null, completionTokens = null } = usage;
    return { text, finishReason, promptTokens, completionTokens };
  });
}
