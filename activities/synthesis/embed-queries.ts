import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { queryOf } from '../../domain/synthesis/row-texts.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce } from '../calls/paid-calls.ts';
import type { SynthesisServices } from './services.ts';

/** An embedding as it is stored: 32-bit floats, lowest byte first, in base64. */
export interface StoredVector {
  readonly rowId: string;
  readonly vector: string;
}

/** What embedding the queries of a batch brought and cost. */
export interface EmbeddedQueries {
  /** By row; a query that the server refused, such as one that is too long, has none. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
  readonly calls: number;
  readonly promptTokens: number;
  readonly refused: number;
}

interface EmbeddingAnswer {
  readonly vector: string;
  readonly promptTokens: number | null;
}

/** Embeds the queries of rows through the ledger of `scope`. */
export async function embedQueries(
  { seats, quality, ledgers }: SynthesisServices,
  rows: readonly SynthesisRow[],
  scope: string,
): Promise<EmbeddedQueries> {
  const { by } = quality.neighbours;
  const seat = seats.embedder;
  if (seat === null || typeof by === 'string') throw new Error('The run has no embedding model.');
  const signal = cancellationSignal();
  const ledger = await ledgers.open(scope);
  const usage = { done: 0, total: rows.length, calls: 0, promptTokens: 0, completionTokens: 0, refused: 0 };
  const stopHeartbeats = startHeartbeats(() => usage);
  try {
    const embedded = await finishWhatIsPaid(
      seat.lane,
      rows,
      async (row) => {
        const text = queryOf(row);
        const { api, truncateTokens } = by;
        const key = hashJson({ endpoint: 'embedder', model: seat.name, api, truncateTokens, text });
        const answer = await payOnce<EmbeddingAnswer>(ledger, key, async () => {
          signal.throwIfAborted();
          const { vector, promptTokens } = await seat.model.embed(text, signal);
          return { vector: encodeVector(vector), promptTokens };
        });
        usage.done += 1;
        usage.calls += 1;
        usage.refused += isRefused(answer) ? 1 : 0;
        usage.promptTokens += isRefused(answer) ? 0 : (answer.promptTokens ?? 0);
        return isRefused(answer) ? [] : [[row.rowId, decodeVector(answer.vector)] as const];
      },
      signal,
    );
    const { calls, promptTokens, refused } = usage;
    return { vectors: new Map(embedded.flat()), calls, promptTokens, refused };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

/** Packs a vector for the store. */
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
