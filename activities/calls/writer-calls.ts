import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { ChecklistsConfig } from '../../configs/schema/checklists.ts';
import type { FinishReason } from '../../domain/completion.ts';
import { payOnce, type RefusedCall } from './paid-calls.ts';
import type { WriterSeat } from './writer-seat.ts';

/** What the calls to a writer share. */
export interface WriterCalls {
  readonly seat: WriterSeat;
  readonly config: ChecklistsConfig;
  readonly ledger: CallLedger;
  readonly signal: AbortSignal;
  /** Is told of every answer, those found in the ledger included. */
  readonly count: (answer: WriterAnswer | RefusedCall) => void;
}

/** What the ledger keeps of one call to the writer. */
export interface WriterAnswer {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** One thing to be written. */
export interface WriterTask {
  readonly template: string;
  readonly content: string;
  readonly seed: number;
}

/** Asks the writer through the ledger: what was answered once is not asked again. */
export async function askWriter(
  { seat, config, ledger, signal, count }: WriterCalls,
  { template, content, seed }: WriterTask,
): Promise<WriterAnswer | RefusedCall> {
  const { temperature, maxTokens } = config;
  const model = seat.name;
  const key = hashJson({
    endpoint: 'writer',
    model,
    template: sha256Hex(template),
    content,
    temperature,
    maxTokens,
    seed,
  });
  const answer = await payOnce<WriterAnswer>(ledger, key, async () => {
    signal.throwIfAborted();
    const messages = [{ role: 'user' as const, content }];
    const { text, finishReason, usage } = await seat.ask({ messages, seed, temperature, maxTokens }, signal);
    return {
      text,
      finishReason,
      promptTokens: usage.promptTokens ?? null,
      completionTokens: usage.completionTokens ?? null,
    };
  });
  count(answer);
  return answer;
}
