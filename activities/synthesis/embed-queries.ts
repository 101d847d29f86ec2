import { cancellationSignal } from '@temporalio/activity';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { queryOf } from '../../domain/synthesis/row-texts.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { isRefused } from '../calls/paid-calls.ts';
import { embedTexts } from './embed-texts.ts';
import type { SynthesisServices } from './services.ts';

/** The embedding of a row's query as it is stored. */
export interface StoredVector {
  readonly rowId: string;
  /** Packed. */
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
    const vectors = await embedTexts(
      {
        seat,
        config: by,
        ledger,
        signal,
        count: (answer) => {
          usage.done += 1;
          usage.calls += 1;
          usage.refused += isRefused(answer) ? 1 : 0;
          usage.promptTokens += isRefused(answer) ? 0 : (answer.promptTokens ?? 0);
        },
      },
      rows.map((row) => ({ id: row.rowId, text: queryOf(row) })),
    );
    const { calls, promptTokens, refused } = usage;
    return { vectors, calls, promptTokens, refused };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}
