import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { ConfigOf } from '../../configs/schema/run-config.ts';
import type { LabelReply } from '../../domain/bolt/label-reply.ts';
import type { FinishReason } from '../../domain/completion.ts';
import { callSeed } from '../../domain/random.ts';
import { isRefused, payOnce, type RefusedCall } from './paid-calls.ts';
import type { WriterAnswer } from './writer-calls.ts';
import type { WriterSeat } from './writer-seat.ts';

/** What the calls to a labeller share. */
export interface LabelCalls {
  readonly seat: WriterSeat;
  readonly config: NonNullable<ConfigOf<'bolt'>['curation']>['labeller'];
  /** Seed of the run. */
  readonly seed: number;
  readonly ledger: CallLedger;
  readonly signal: AbortSignal;
  /** Is told of every answer, those found in the ledger included. */
  readonly count: (answer: WriterAnswer | RefusedCall) => void;
}

/** One thing to be labelled about one query. */
export interface LabelQuestion<Label> {
  readonly kind: 'difficulty' | 'topic';
  readonly promptId: string;
  readonly template: string;
  readonly content: string;
  readonly parse: (reply: string, finishReason: FinishReason) => LabelReply<Label>;
}

/** Asks for a label until one can be read, each time with a new seed; the last reply stands. */
export async function askLabeller<Label>(
  calls: LabelCalls,
  question: LabelQuestion<Label>,
): Promise<LabelReply<Label>> {
  let read: LabelReply<Label> = { ok: false, cause: 'empty', detail: 'no reply' };
  for (let attempt = 0; attempt < calls.config.attempts && !read.ok; attempt += 1) {
    const answer = await askOnce(calls, question, attempt);
    calls.count(answer);
    if (isRefused(answer)) return { ok: false, cause: 'refused', detail: answer.refused.code };
    read = question.parse(answer.text, answer.finishReason);
  }
  return read;
}

async function askOnce<Label>(
  { seat, config, seed, ledger, signal }: LabelCalls,
  { kind, promptId, template, content }: LabelQuestion<Label>,
  attempt: number,
): Promise<WriterAnswer | RefusedCall> {
  const { temperature, retryTemperature, maxTokens } = config;
  const request = {
    messages: [{ role: 'user' as const, content }],
    seed: callSeed({ seed, stage: `label-${kind}`, round: 0, promptId, sampleIndex: attempt }),
    temperature: attempt === 0 ? temperature : Math.max(temperature, retryTemperature),
    maxTokens,
  };
  const key = hashJson({ endpoint: 'labeller', model: seat.name, template: sha256Hex(template), ...request });
  return payOnce<WriterAnswer>(ledger, key, async () => {
    signal.throwIfAborted();
    const { text, finishReason, usage } = await seat.ask(request, signal);
    const { promptTokens = null, completionTokens = null } = usage;
    return { text, finishReason, promptTokens, completionTokens };
  });
}
