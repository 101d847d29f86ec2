import type { JsonValue } from '../domain/canonical-json.ts';
import type { Completion, Usage } from '../domain/completion.ts';
import type { ChatMessage } from '../domain/prompt.ts';
import type { SampledTokens } from '../domain/rollout.ts';

/** Ends a text whose end is one passage that comes `minCount` times in a row. A type, so that it goes into hashed JSON. */
export type RepetitionDetection = {
  readonly maxPatternTokens: number;
  readonly minPatternTokens: number;
  readonly minCount: number;
};

/** Every sampling field is sent: vLLM fills what is missing from the model's own generation config. */
export interface SamplingParameters {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly maxTokens: number;
  /** Sent only where it is given: there is none by default. */
  readonly repetitionDetection?: RepetitionDetection;
}

/** Exactly one kind of constraint. */
export type StructuredOutput =
  | { readonly json: { readonly [key: string]: JsonValue } }
  | { readonly regex: string }
  | { readonly choice: readonly string[] };

interface SampleRequest {
  readonly model: string;
  readonly sampling: SamplingParameters;
  /** Choice i is drawn with seed + i. */
  readonly seed: number;
  readonly n: number;
  readonly stop?: readonly string[];
  readonly structuredOutput?: StructuredOutput;
  /** Ask for the log-probabilities of the sampled tokens and the k likeliest others, 0 <= k <= 20. */
  readonly topLogprobs?: number;
}

export interface ChatRequest extends SampleRequest {
  readonly messages: readonly ChatMessage[];
  /** Ask for the token ids of prompt and answer and for the log-probabilities of the sampled tokens. */
  readonly returnTokens?: true;
}

export interface CompletionRequest extends SampleRequest {
  /** Text, to which no special token is added, or token ids. */
  readonly prompt: string | readonly number[];
  /** Tokens that end a completion beside those of the model's own config. */
  readonly stopTokenIds?: readonly number[];
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
}

export interface Choice extends Completion {
  readonly logprobs_T?: readonly TokenLogprob[];
  /** Where they were asked for. */
  readonly sampled?: SampledTokens;
}

export interface CompletionResult {
  /** As many as were asked for, in order of index. */
  readonly choices: readonly Choice[];
  readonly usage: Usage;
}

export interface ServedModel {
  readonly id: string;
  /** Path of the weights as the server knows it. */
  readonly root: string | null;
  /** Base model of an adapter; `null` for a base model. */
  readonly parent: string | null;
  /** Context length, tokens; `null` for adapters. */
  readonly maxModelLen: number | null;
}

/** Gauges of vLLM's `/metrics`; `undefined` where a server does not report one. */
export interface ServerMetrics {
  readonly requestsRunning: number | undefined;
  readonly requestsWaiting: number | undefined;
  /** Share of the KV cache in use, [0, 1]. */
  readonly kvCacheUsage: number | undefined;
  readonly promptTokensTotal: number | undefined;
  readonly generationTokensTotal: number | undefined;
  readonly prefixCacheQueriesTotal: number | undefined;
  readonly prefixCacheHitsTotal: number | undefined;
}

/** Whole weights in a folder, and what the server is told that they are. */
export interface LabelledWeights {
  /** Absolute path of a Hugging Face checkpoint as the server sees it. */
  readonly path: string;
  readonly label: string;
}

/** Whole weights that are put in place of those that a server holds: only a vLLM in development mode can do that. */
export interface WeightsControl {
  /**
   * What the server was last told that it holds; `default` since its start.
   *
   * @throws AdapterError `adapter/dev-mode-off`
   */
  label(signal?: AbortSignal): Promise<string>;
  /** Takes back what the server was told, where its weights turned out to be others. */
  relabel(label: string): Promise<void>;
  isPaused(signal?: AbortSignal): Promise<boolean>;
  resume(): Promise<void>;
  /**
   * Waits for the calls in the air, holds back new ones, loads the weights, forgets what was computed with the old ones,
   * labels them and goes on. When it fails, `previous` is loaded again and the error says what is in service.
   *
   * @throws AdapterError `adapter/load-refused`, `adapter/dev-mode-off`
   */
  replace(next: LabelledWeights, previous: LabelledWeights | null, signal?: AbortSignal): Promise<void>;
}

/**
 * A vLLM server. Never retries: one call, one answer or one error (`ModelServerError`, `PromptTooLongError`,
 * `AdapterError`). Aborting the signal closes the connection, which cancels the request on the server, and rejects with
 * the signal's reason.
 */
export interface ModelServer {
  chat(request: ChatRequest, signal?: AbortSignal): Promise<CompletionResult>;
  complete(request: CompletionRequest, signal?: AbortSignal): Promise<CompletionResult>;
  /** Natural log-probability of one token after a prefix of token ids. */
  nextTokenLogprob(model: string, prefix_T: readonly number[], token: number, signal?: AbortSignal): Promise<number>;
  /** Token ids of a text by itself, without the chat template. */
  tokenizeText(model: string, text: string, signal?: AbortSignal): Promise<readonly number[]>;
  tokenize(model: string, messages: readonly ChatMessage[], signal?: AbortSignal): Promise<readonly number[]>;
  health(signal?: AbortSignal): Promise<void>;
  models(signal?: AbortSignal): Promise<readonly ServedModel[]>;
  metrics(signal?: AbortSignal): Promise<ServerMetrics>;
  /** Never `load_inplace`. @throws AdapterError `adapter/load-refused` with the server's reason. */
  loadAdapter(name: string, path: string, signal?: AbortSignal): Promise<void>;
  unloadAdapter(name: string, signal?: AbortSignal): Promise<void>;
  readonly weights: WeightsControl;
  close(): Promise<void>;
}

/** A chat model that judges: vLLM or any OpenAI-compatible endpoint. */
export interface JudgeModel {
  ask(request: JudgeRequest, signal?: AbortSignal): Promise<JudgeReply>;
  /** Only vLLM has this. */
  scoreLabels(request: LabelScoreRequest, signal?: AbortSignal): Promise<LabelScores>;
}

export interface JudgeRequest {
  readonly messages: readonly ChatMessage[];
  readonly seed: number;
  readonly temperature: number;
  /** 1 where it is not given. */
  readonly topP?: number;
  readonly maxTokens: number;
  /** JSON schema that the reply has to follow. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
  /** Words of which the reply has to be one. Only vLLM knows this; other endpoints refuse or ignore it. */
  readonly choice?: readonly string[];
  /** As in `ChatRequest`. */
  readonly topLogprobs?: number;
}

export interface JudgeReply extends Completion {
  readonly usage: Usage;
  readonly logprobs_T?: readonly TokenLogprob[];
}

/** How likely each of two labels is as the next token after each of some chats (I). */
export interface LabelScoreRequest {
  readonly messages_I: readonly (readonly ChatMessage[])[];
  readonly labels: readonly [string, string];
}

export interface LabelScores {
  /** A probability a label, over the whole vocabulary: of the token that the label begins with. */
  readonly probabilities_I: readonly (readonly [number, number])[];
  readonly usage: Usage;
}
