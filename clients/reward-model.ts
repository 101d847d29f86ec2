import type { ChatMessage } from '../domain/prompt.ts';
import { errorOfContent } from './vllm/errors.ts';
import { createTransport, readJson, type TransportOptions } from './vllm/transport.ts';

/** What a model thinks of a conversation, and what reading it cost. */
export interface RewardScore {
  /** Any finite number; higher is better. */
  readonly score: number;
  /** `null` where the server does not say. */
  readonly promptTokens: number | null;
}

/** A model that scores a finished conversation. Never retries. */
export interface RewardModel {
  /** @throws ModelServerError, PromptTooLongError */
  score(messages: readonly ChatMessage[], signal?: AbortSignal): Promise<RewardScore>;
  close(): Promise<void>;
}

/**
 * A reward model behind HTTP: `POST <path>` with `{model, messages}`. Both answers that are about are read: `{score}` of a
 * plain scoring service, and vLLM's pooling answer `{data: [{data: [score]}]}`.
 */
export function createRewardModel(
  options: TransportOptions & { readonly model: string; readonly path: string },
): RewardModel {
  const transport = createTransport(options);
  return {
    async score(messages, signal) {
      const body = {
        model: options.model,
        messages: messages.map(({ role, content }) => ({ role, content })),
        // vLLM squeezes the score of a model with one label into [0, 1] unless it is told not to; published thresholds are of raw scores.
        ...(options.path.endsWith('/pooling') ? { use_activation: false } : {}),
      };
      const answer = await transport.send('POST', options.path, body, signal);
      const read = readJson(answer);
      const score = readScore(read);
      if (score === undefined) throw errorOfContent(answer.target, 'malformed-response', 'no single finite score');
      return { score, promptTokens: readPromptTokens(read) };
    },
    close: () => transport.close(),
  };
}

function readScore(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if ('score' in body) return finite(body.score);
  if (!('data' in body) || !Array.isArray(body.data) || body.data.length !== 1) return undefined;
  const [entry] = body.data as readonly unknown[];
  if (typeof entry !== 'object' || entry === null || !('data' in entry)) return undefined;
  const values = Array.isArray(entry.data) ? (entry.data as readonly unknown[]) : [entry.data];
  return values.length === 1 ? finite(values[0]) : undefined;
}

function readPromptTokens(body: unknown): number | null {
  if (typeof body !== 'object' || body === null || !('usage' in body)) return null;
  const { usage } = body;
  if (typeof usage !== 'object' || usage === null || !('prompt_tokens' in usage)) return null;
  return finite(usage.prompt_tokens) ?? null;
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
