import type { ModelServer } from './model-server.ts';
import { checkAdapterLoaded } from './vllm/adapters.ts';
import { parseMetrics } from './vllm/metrics.ts';
import { buildChatBody, buildCompletionBody, buildNextTokenBody } from './vllm/requests.ts';
import {
  parseChatResponse,
  parseCompletionResponse,
  parseModelsResponse,
  parseNextTokenResponse,
  parseTokenizeResponse,
} from './vllm/responses.ts';
import { createWeightsControl } from './vllm/weights.ts';
import { createTransport, readJson, requireSuccess } from './vllm/transport.ts';
import type { TransportOptions } from './vllm/transport.ts';

/** A client of one vLLM server. */
export function createVllmServer(options: TransportOptions): ModelServer {
  const transport = createTransport(options);

  const listModels: ModelServer['models'] = async (signal) => {
    const answer = await transport.send('GET', '/v1/models', undefined, signal);
    return parseModelsResponse(answer.target, readJson(answer));
  };

  return {
    async chat(request, signal) {
      const answer = await transport.send('POST', '/v1/chat/completions', buildChatBody(request), signal);
      return parseChatResponse(answer.target, readJson(answer), request.n, request.returnTokens);
    },
    async complete(request, signal) {
      const answer = await transport.send('POST', '/v1/completions', buildCompletionBody(request), signal);
      return parseCompletionResponse(answer.target, readJson(answer), request.n);
    },
    async nextTokenLogprob(model, prefix_T, token, signal) {
      const body = buildNextTokenBody(model, prefix_T, token);
      const answer = await transport.send('POST', '/v1/completions', body, signal);
      return parseNextTokenResponse(answer.target, readJson(answer), token);
    },
    async tokenizeText(model, text, signal) {
      const body = { model, prompt: text, add_special_tokens: false };
      const answer = await transport.send('POST', '/tokenize', body, signal);
      return parseTokenizeResponse(answer.target, readJson(answer));
    },
    async tokenize(model, messages, signal) {
      const body = { model, messages, add_generation_prompt: true };
      const answer = await transport.send('POST', '/tokenize', body, signal);
      return parseTokenizeResponse(answer.target, readJson(answer));
    },
    async health(signal) {
      requireSuccess(await transport.send('GET', '/health', undefined, signal));
    },
    models: listModels,
    async metrics(signal) {
      const answer = await transport.send('GET', '/metrics', undefined, signal);
      requireSuccess(answer);
      return parseMetrics(answer.text);
    },
    async loadAdapter(name, path, signal) {
      const body = { lora_name: name, lora_path: path };
      const answer = await transport.send('POST', '/v1/load_lora_adapter', body, signal);
      await checkAdapterLoaded(answer, name, path, () => listModels(signal));
    },
    async unloadAdapter(name, signal) {
      const answer = await transport.send('POST', '/v1/unload_lora_adapter', { lora_name: name }, signal);
      // 404: it is gone already, which is what was asked for.
      if (answer.status !== 404) requireSuccess(answer);
    },
    weights: createWeightsControl(transport),
    close: () => transport.close(),
  };
}
