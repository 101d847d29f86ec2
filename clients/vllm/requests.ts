import type { ChatMessage } from '../../domain/prompt.ts';
import type { ChatRequest, CompletionRequest } from '../model-server.ts';

/**
 * Fields that `/v1/chat/completions` and `/v1/completions` share; none that shapes sampling is optional; `repetition_detection` only ends it.
 *
 * `top_k` 0 means "no limit" to vLLM, as it does to us.
 */
interface SampleBody {
  readonly model: string;
  readonly n: number;
  readonly seed: number;
  readonly temperature: number;
  readonly top_p: number;
  readonly top_k: number;
  readonly min_p: number;
  readonly repetition_penalty: number;
  readonly max_tokens: number;
  readonly repetition_detection?: {
    readonly max_pattern_size: number;
    readonly min_pattern_size: number;
    readonly min_count: number;
  };
  readonly stream: false;
  readonly stop?: readonly string[];
  readonly structured_outputs?: ChatRequest['structuredOutput'];
}

/** Body of `/v1/chat/completions`: a closed set of fields. */
export interface ChatBody extends SampleBody {
  readonly messages: readonly ChatMessage[];
  readonly logprobs?: true;
  readonly top_logprobs?: number;
  readonly return_token_ids?: true;
}

/** Body of `/v1/completions`: a closed set of fields. */
export interface CompletionBody extends SampleBody {
  readonly prompt: string | readonly number[];
  /** Left to itself the server would begin a text with a second beginning-of-text token. */
  readonly add_special_tokens?: false;
  readonly stop_token_ids?: readonly number[];
  readonly logprobs?: number;
  readonly logprob_token_ids?: readonly number[];
  readonly return_tokens_as_token_ids?: true;
}

function buildSampleBody(request: ChatRequest | CompletionRequest): SampleBody {
  const { sampling } = request;
  return {
    model: request.model,
    n: request.n,
    seed: request.seed,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    min_p: sampling.minP,
    repetition_penalty: sampling.repetitionPenalty,
    max_tokens: sampling.maxTokens,
    stream: false,
    ...detectRepetition(sampling),
    ...(request.stop === undefined ? {} : { stop: request.stop }),
    ...(request.structuredOutput === undefined ? {} : { structured_outputs: request.structuredOutput }),
  };
}

/** A text that is ended so has `finish_reason` "repetition", on both routes. */
function detectRepetition({
  repetitionDetection: detection,
}: ChatRequest['sampling']): Pick<SampleBody, 'repetition_detection'> {
  if (detection === undefined) return {};
  const { maxPatternTokens, minPatternTokens, minCount } = detection;
  return {
    repetition_detection: {
      max_pattern_size: maxPatternTokens,
      min_pattern_size: minPatternTokens,
      min_count: minCount,
    },
  };
}

/** Builds the body of a chat call. */
export function buildChatBody(request: ChatRequest): ChatBody {
  return {
    ...buildSampleBody(request),
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    ...(request.topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: request.topLogprobs }),
    ...(request.returnTokens === undefined
      ? {}
      : { logprobs: true, top_logprobs: request.topLogprobs ?? 0, return_token_ids: true }),
  };
}

/** Builds the body of a completion call. */
export function buildCompletionBody(request: CompletionRequest): CompletionBody {
  return {
    ...buildSampleBody(request),
    prompt: request.prompt,
    ...(typeof request.prompt === 'string' ? { add_special_tokens: false } : {}),
    ...(request.stopTokenIds === undefined ? {} : { stop_token_ids: request.stopTokenIds }),
    ...(request.topLogprobs === undefined ? {} : { logprobs: request.topLogprobs }),
  };
}

/**
 * Builds the body that asks how likely one token is after a prefix.
 *
 * Not by `prompt_logprobs`: on the CPU build of vLLM 0.32 with `--enable-lora`, that in one step with other requests kills
 * the engine (einsum shape error in `bgmv_shrink`), and everybody's calls with it.
 */
export function buildNextTokenBody(model: string, prefix_T: readonly number[], token: number): CompletionBody {
  return {
    model,
    n: 1,
    seed: 0,
    temperature: 0,
    top_p: 1,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1,
    max_tokens: 1,
    stream: false,
    prompt: prefix_T,
    logprobs: 0,
    logprob_token_ids: [token],
    return_tokens_as_token_ids: true,
  };
}
