import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import type { RequestInfo, RequestInit } from 'undici';
import { ModelServerError } from '../domain/errors.ts';
import type { JudgeModel } from './model-server.ts';
import type { CallTarget } from './vllm/call-target.ts';
import { withDeadline } from './vllm/deadline.ts';
import { errorOfContent, errorOfStatus, errorOfTransport } from './vllm/errors.ts';
import { scoreLabels } from './vllm/label-scores.ts';
import { parseChatResponse } from './vllm/responses.ts';
import { createTransport } from './vllm/transport.ts';

export interface OpenAiJudgeOptions {
  /** With or without `/v1` at its end. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly model: string;
  /** For the whole call. */
  readonly timeoutMs: number;
}

function errorOfOpenAi(target: CallTarget, error: unknown): unknown {
  // The order matters: aborts, timeouts and refused connections are all APIErrors, with no status.
  if (error instanceof APIUserAbortError) return error;
  if (error instanceof APIConnectionTimeoutError) {
    return new ModelServerError('timeout', `${target.host}${target.path} gave no answer in time; raise the timeout.`, {
      cause: error,
    });
  }
  if (error instanceof APIConnectionError) {
    const mapped = errorOfTransport(target, error);
    if (mapped instanceof ModelServerError) return mapped;
    return new ModelServerError(
      'unavailable',
      `${target.host}${target.path} could not be called; check that the server runs and that the address is right.`,
      { cause: error },
    );
  }
  if (error instanceof APIError && typeof error.status === 'number') {
    const body = error.error === undefined ? error.message : JSON.stringify({ error: error.error });
    return errorOfStatus(target, error.status, body, error.headers?.get('retry-after'));
  }
  if (error instanceof SyntaxError) {
    return errorOfContent(target, 'malformed-response', 'a body that is not JSON');
  }
  return errorOfTransport(target, error);
}

function createClient(options: OpenAiJudgeOptions, baseURL: string): OpenAI {
  // undici's own limits would cut a call after 300 s; the deadline of the whole call decides.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  return new OpenAI({
    baseURL,
    // The package insists on a key; without one the header is taken out again.
    apiKey: options.apiKey ?? 'none',
    ...(options.apiKey === undefined ? { defaultHeaders: { Authorization: null } } : {}),
    organization: null,
    project: null,
    timeout: options.timeoutMs,
    maxRetries: 0,
    logLevel: 'off',
    fetch: (input, init) => undiciFetch(input as RequestInfo, { ...(init as unknown as RequestInit), dispatcher }),
  });
}

function responseFormat(schema: Readonly<Record<string, unknown>>) {
  return { type: 'json_schema', json_schema: { name: 'verdicts', schema, strict: true } } as const;
}

/** A judge behind any OpenAI-compatible endpoint. */
export function createOpenAiJudge(options: OpenAiJudgeOptions): JudgeModel {
  const url = new URL(options.baseUrl);
  const prefix = `${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;
  const client = createClient(options, url.origin + prefix);
  const target: CallTarget = { host: url.host, path: `${prefix}/chat/completions`, apiKey: options.apiKey };
  const labelServer = createTransport(options);

  return {
    async ask(request, signal) {
      return withDeadline(target, options.timeoutMs, signal, async (signal) => {
        let body: unknown;
        try {
          body = await client.chat.completions.create(
            {
              model: options.model,
              messages: request.messages.map(({ role, content }) => ({ role, content })),
              n: 1,
              seed: request.seed,
              temperature: request.temperature,
              top_p: request.topP ?? 1,
              max_tokens: request.maxTokens,
              stream: false,
              ...(request.jsonSchema === undefined ? {} : { response_format: responseFormat(request.jsonSchema) }),
              ...(request.choice === undefined ? {} : { structured_outputs: { choice: request.choice } }),
              ...(request.topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: request.topLogprobs }),
            },
            { signal },
          );
        } catch (error) {
          throw errorOfOpenAi(target, error);
        }
        const { choices, usage } = parseChatResponse(target, body, 1);
        const [choice] = choices;
        if (choice === undefined) throw errorOfContent(target, 'malformed-response', 'no choice');
        return { ...choice, usage };
      });
    },
    scoreLabels: (request, signal) => scoreLabels(labelServer, options.model, request, signal),
  };
}
