import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedRequest, ScriptedReply } from './scripted-model-server.ts';

export interface DeterministicModelOptions {
  /** Text for a prompt (message contents joined by newlines) under a seed (choice i gets seed + i) and a model name. */
  readonly answer: (prompt: string, seed: number, model: string) => string;
  /** How an answer ended, `stop` by default. */
  readonly finishReason?: (answer: string) => string;
  /** Name of the base model, `base` by default. */
  readonly model?: string;
  /** Context length, 2048 by default. A token is a word. */
  readonly maxModelLen?: number;
  /** Wait before each completion. */
  readonly delayMs?: number;
  /** Log-probability of a token after a prefix. */
  readonly scoreToken?: (model: string, prefix_T: readonly number[], token: number) => number;
  /** Takes whole weights, as vLLM in development mode; the name by which `answer` and `scoreToken` know those of a folder. */
  readonly nameWeights?: (path: string) => string;
}

/** What a server in development mode holds. */
export interface HeldWeights {
  label: string;
  /** `null` since the start. */
  path: string | null;
  isPaused: boolean;
}

interface CompletionBody {
  readonly model: string;
  readonly messages?: readonly { readonly content: string }[];
  readonly prompt?: string | readonly number[];
  readonly seed?: number;
  readonly n?: number;
  readonly logprob_token_ids?: readonly number[];
  readonly return_token_ids?: boolean;
}

const splitWords = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');
const hashWord = (word: string): number => createHash('sha256').update(word).digest().readUInt16BE(0);

/** A token is a word, and each has the log-probability -0.5. */
function tokensOf(text: string) {
  const words = splitWords(text);
  return {
    token_ids: words.map(hashWord),
    logprobs: { content: words.map((token) => ({ token, logprob: -0.5, top_logprobs: [] })) },
  };
}

function refuse(status: number, message: string): ScriptedReply {
  return { status, body: { error: { message, type: 'Error', param: null, code: status } } };
}

/** A stand-in for vLLM whose every answer is a pure function of the request and the loaded adapters. */
export function createDeterministicModel(options: DeterministicModelOptions): {
  readonly adapters: ReadonlyMap<string, string>;
  readonly held: HeldWeights;
  reply(request: RecordedRequest): ScriptedReply;
  /** As after a restart. */
  forgetAdapters(): void;
} {
  const base = options.model ?? 'base';
  const maxModelLen = options.maxModelLen ?? 2048;
  const scoreToken = options.scoreToken ?? ((_model, _prefix_T, token) => -(token % 7) / 10 - 0.1);
  const adapters = new Map<string, string>();
  const held: HeldWeights = { label: 'default', path: null, isPaused: false };
  const knownAs = (model: string): string =>
    model === base && held.path !== null && options.nameWeights !== undefined ? options.nameWeights(held.path) : model;
  let generatedTokens = 0;

  const complete = (body: CompletionBody, isChat: boolean): ScriptedReply => {
    if (held.isPaused) return 'hang';
    if (body.model !== base && !adapters.has(body.model)) {
      return refuse(404, `The model \`${body.model}\` does not exist.`);
    }
    const { prompt } = body;
    const text = isChat
      ? (body.messages ?? []).map((message) => message.content).join('\n')
      : typeof prompt === 'string'
        ? prompt
        : (prompt ?? []).join(' ');
    const promptTokens = splitWords(text).length;
    if (promptTokens >= maxModelLen) {
      return refuse(
        400,
        `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains ${promptTokens} input tokens.`,
      );
    }
    const texts = Array.from({ length: body.n ?? 1 }, (_, i) =>
      options.answer(text, (body.seed ?? 0) + i, knownAs(body.model)),
    );
    const completionTokens = texts.reduce((total, answer) => total + splitWords(answer).length, 0);
    generatedTokens += completionTokens;
    const asked = body.logprob_token_ids?.[0];
    const scores =
      asked === undefined || !Array.isArray(prompt)
        ? {}
        : {
            logprobs: {
              top_logprobs: [
                { [`token_id:${asked}`]: scoreToken(knownAs(body.model), prompt as readonly number[], asked) },
              ],
            },
          };
    return {
      ...(options.delayMs === undefined ? {} : { delayMs: options.delayMs }),
      body: {
        choices: texts.map((content, index) => ({
          index,
          ...(isChat ? { message: { role: 'assistant', content } } : { text: content }),
          finish_reason: options.finishReason?.(content) ?? 'stop',
          ...scores,
          ...(body.return_token_ids ? tokensOf(content) : {}),
        })),
        ...(body.return_token_ids ? { prompt_token_ids: splitWords(text).map(hashWord) } : {}),
        usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens },
      },
    };
  };

  const load = ({ lora_name: name, lora_path: path }: { lora_name: string; lora_path: string }): ScriptedReply => {
    if (adapters.has(name)) return refuse(400, `The lora adapter '${name}' has already been loaded.`);
    adapters.set(name, path);
    return { body: `Success: LoRA adapter '${name}' added successfully.` };
  };

  const unload = ({ lora_name: name }: { lora_name: string }): ScriptedReply =>
    adapters.delete(name)
      ? { body: `Success: LoRA adapter '${name}' removed successfully.` }
      : refuse(404, `The lora adapter '${name}' cannot be found.`);

  /** The endpoints of development mode; `undefined` for all others. */
  const replyToDeveloper = (route: string, body: unknown): ScriptedReply | undefined => {
    if (options.nameWeights === undefined) return undefined;
    switch (route) {
      case 'GET /weight_info':
        return { body: { weight_version: held.label } };
      case 'GET /is_paused':
        return { body: { is_paused: held.isPaused } };
      case 'POST /pause?mode=wait&clear_cache=true':
        held.isPaused = true;
        return { body: { status: 'paused' } };
      case 'POST /resume':
        held.isPaused = false;
        return { body: { status: 'resumed' } };
      case 'POST /reset_prefix_cache':
        return { body: { success: true } };
      case 'POST /update_weight_version':
        held.label = (body as { readonly new_version: string }).new_version;
        return { body: { success: true, new_version: held.label } };
      case 'POST /collective_rpc': {
        const path = (body as { readonly kwargs: { readonly weights_path: string } }).kwargs.weights_path;
        if (!existsSync(join(path, 'config.json'))) return refuse(500, 'Cannot find any model weights');
        held.path = path;
        return { body: { results: [null] } };
      }
      default:
        return undefined;
    }
  };

  const tokenize = (body: CompletionBody): ScriptedReply => {
    const texts = typeof body.prompt === 'string' ? [body.prompt] : (body.messages ?? []).map(({ content }) => content);
    const tokens = texts.flatMap(splitWords).map(hashWord);
    return { body: { count: tokens.length, max_model_len: maxModelLen, tokens } };
  };

  const listModels = (): ScriptedReply => ({
    body: {
      object: 'list',
      data: [
        { id: base, root: `/models/${base}`, parent: null, max_model_len: maxModelLen },
        ...Array.from(adapters, ([id, root]) => ({ id, root, parent: base, max_model_len: null })),
      ],
    },
  });

  return {
    adapters,
    held,
    forgetAdapters: () => {
      adapters.clear();
      Object.assign(held, { label: 'default', path: null, isPaused: false });
    },
    reply({ method, path, body }) {
      switch (`${method} ${path}`) {
        case 'GET /health':
          return { body: '' };
        case 'GET /v1/models':
          return listModels();
        case 'GET /metrics':
          return { body: `vllm:num_requests_running 0\nvllm:generation_tokens_total ${generatedTokens}\n` };
        case 'POST /tokenize':
          return tokenize(body as CompletionBody);
        case 'POST /v1/chat/completions':
          return complete(body as CompletionBody, true);
        case 'POST /v1/completions':
          return complete(body as CompletionBody, false);
        case 'POST /v1/load_lora_adapter':
          return load(body as { lora_name: string; lora_path: string });
        case 'POST /v1/unload_lora_adapter':
          return unload(body as { lora_name: string });
        default:
          return replyToDeveloper(`${method} ${path}`, body) ?? { status: 404, body: { detail: 'Not Found' } };
      }
    },
  };
}
