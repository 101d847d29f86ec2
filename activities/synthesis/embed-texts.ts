import type { LimitFunction } from 'p-limit';
import type { CallLedger } from '../../clients/call-ledger.ts';
import { hashJson } from '../../clients/content-hash.ts';
import type { Embedder } from '../../clients/embedder.ts';
import type { EmbedderConfig } from '../../configs/schema/endpoint.ts';
import { finishWhatIsPaid, isRefused, payOnce, type RefusedCall } from '../calls/paid-calls.ts';

/** What the calls to an embedding model share. */
export interface EmbedderCalls {
  readonly seat: { readonly model: Embedder; readonly name: string; readonly lane: LimitFunction };
  readonly config: Pick<EmbedderConfig, 'api' | 'truncateTokens'>;
  readonly ledger: CallLedger;
  readonly signal: AbortSignal;
  /** Is told of every answer, those found in the ledger included. */
  readonly count: (answer: EmbeddingAnswer | RefusedCall) => void;
}

/** An embedding as the ledger keeps it. */
export interface EmbeddingAnswer {
  readonly vector: string;
  readonly promptTokens: number | null;
}

/** A text by the name that its vector gets. */
export interface NamedText {
  readonly id: string;
  readonly text: string;
}

/**
 * Embeds texts through the ledger, each for the price of one call.
 *
 * @returns the vectors by id; a text that the server refused, such as one that is too long, has none
 */
export async function embedTexts(
  { seat, config: { api, truncateTokens }, ledger, signal, count }: EmbedderCalls,
  texts: readonly NamedText[],
): Promise<ReadonlyMap<string, Float32Array>> {
  const embedded = await finishWhatIsPaid(
    seat.lane,
    texts,
    async ({ id, text }) => {
      const key = hashJson({ endpoint: 'embedder', model: seat.name, api, truncateTokens, text });
      const answer = await payOnce<EmbeddingAnswer>(ledger, key, async () => {
        signal.throwIfAborted();
        const { vector, promptTokens } = await seat.model.embed(text, signal);
        return { vector: encodeVector(vector), promptTokens };
      });
      count(answer);
      return isRefused(answer) ? [] : [[id, decodeVector(answer.vector)] as const];
    },
    signal,
  );
  return new Map(embedded.flat());
}

/** Packs a vector for the store: 32-bit floats, lowest byte first, in base64. */
export function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

/** Unpacks a stored vector. */
export function decodeVector(packed: string): Float32Array {
  const bytes = Buffer.from(packed, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
