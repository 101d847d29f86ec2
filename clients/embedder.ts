import { z } from 'zod';
import { errorOfContent } from './vllm/errors.ts';
import { createTransport, readJson, type TransportOptions } from './vllm/transport.ts';

/** A text's place in a space of meanings, and what it cost. */
export interface Embedding {
  /** Finite, and not all zero. */
  readonly vector: Float32Array;
  readonly promptTokens: number | null;
}

/** A model that embeds texts. Never retries. */
export interface Embedder {
  /** @throws ModelServerError, PromptTooLongError */
  embed(text: string, signal?: AbortSignal): Promise<Embedding>;
  close(): Promise<void>;
}

export interface EmbedderOptions extends TransportOptions {
  readonly model: string;
  /** `/v1/embeddings` as OpenAI has it, or `/pooling` of vLLM. */
  readonly api: 'embeddings' | 'pooling';
  /** Cut longer texts to so many tokens, -1 to what the model holds. Only vLLM knows this. */
  readonly truncateTokens?: number;
}

const answerSchema = z.object({
  data: z.array(z.object({ embedding: z.unknown().optional(), data: z.unknown().optional() })),
  usage: z.object({ prompt_tokens: z.number().nullish() }).nullish(),
});

/** Opens an embedding model behind HTTP. */
export function createEmbedder(options: EmbedderOptions): Embedder {
  const transport = createTransport(options);
  const isPooling = options.api === 'pooling';
  return {
    async embed(text, signal) {
      const body = {
        model: options.model,
        input: text,
        encoding_format: 'float',
        // Without it a server of a reward model would answer with a score.
        ...(isPooling ? { task: 'embed' } : {}),
        ...(options.truncateTokens === undefined ? {} : { truncate_prompt_tokens: options.truncateTokens }),
      };
      const answer = await transport.send('POST', isPooling ? '/pooling' : '/v1/embeddings', body, signal);
      const malformed = (found: string) => errorOfContent(answer.target, 'malformed-response', found);
      const read = answerSchema.safeParse(readJson(answer));
      if (!read.success) throw malformed('JSON without a list of embeddings');
      const [entry, ...others] = read.data.data;
      if (entry === undefined || others.length > 0) throw malformed(`${read.data.data.length} embeddings instead of 1`);
      const vector = readVector(isPooling ? entry.data : entry.embedding);
      if (vector === null) throw malformed('an embedding that is no list of finite numbers, or only of zeros');
      return { vector, promptTokens: read.data.usage?.prompt_tokens ?? null };
    },
    close: () => transport.close(),
  };
}

function readVector(value: unknown): Float32Array | null {
  if (!Array.isArray(value)) return null;
  const numbers = value as readonly unknown[];
  if (!numbers.every((entry): entry is number => typeof entry === 'number' && Number.isFinite(entry))) return null;
  const vector = Float32Array.from(numbers);
  // A direction is needed, and zeros have none; a number beyond 32 bits became infinite.
  return vector.some((entry) => entry !== 0) && vector.every(Number.isFinite) ? vector : null;
}
