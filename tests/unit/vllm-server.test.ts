import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChatRequest } from '../../clients/model-server.ts';
import { createVllmServer } from '../../clients/vllm-server.ts';
import { FINISH_REASON_TABLE, MODEL_SERVER_ERROR_TABLE, answerThatEnded } from '../support/model-server-error-table.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import type { ScriptedModelServerOptions, ScriptedReply } from '../support/scripted-model-server.ts';

const REQUEST: ChatRequest = {
  model: 'base',
  messages: [{ role: 'user', content: 'hi' }],
  sampling: { temperature: 0.5, topP: 0.9, topK: 0, minP: 0.1, repetitionPenalty: 1.1, maxTokens: 9 },
  seed: 3,
  n: 1,
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0)) await one.close();
});

async function setUpWith(options: ScriptedModelServerOptions, apiKey?: string) {
  const server = await startScriptedModelServer(options);
  const timeoutMs = options.script?.includes('hang') === true ? 100 : 5000;
  const client = createVllmServer({ baseUrl: server.baseUrl, timeoutMs, ...(apiKey === undefined ? {} : { apiKey }) });
  open.push(client, server);
  return { server, client };
}
const setUp = (script: readonly ScriptedReply[], apiKey?: string) => setUpWith({ script }, apiKey);

describe('chat', () => {
  it('sends every sampling field, the constraint and the key', async () => {
    const { server, client } = await setUp([answerThatEnded('stop')], 'secret');
    await client.chat({ ...REQUEST, stop: ['\n'], structuredOutput: { choice: ['a', 'b'] }, topLogprobs: 2 });
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret');
    expect(server.requests[0]?.body).toEqual({
      model: 'base',
      messages: [{ role: 'user', content: 'hi' }],
      n: 1,
      seed: 3,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 0,
      min_p: 0.1,
      repetition_penalty: 1.1,
      max_tokens: 9,
      stream: false,
      stop: ['\n'],
      structured_outputs: { choice: ['a', 'b'] },
      logprobs: true,
      top_logprobs: 2,
    });
  });

  it('sends when a text that loops is to be ended only where that is said, on both routes', async () => {
    const looping = { index: 0, text: '1 2 1 2', finish_reason: 'repetition', stop_reason: 'repetition_detected' };
    const { server, client } = await setUp([
      answerThatEnded('stop'),
      { body: { choices: [{ ...looping, message: { content: '1 2 1 2' } }] } },
      { body: { choices: [looping] } },
    ]);
    const repetitionDetection = { maxPatternTokens: 30, minPatternTokens: 2, minCount: 4 };
    const detecting = { ...REQUEST, sampling: { ...REQUEST.sampling, repetitionDetection } };
    await client.chat(REQUEST);
    const ended = [await client.chat(detecting)];
    const { messages: _, ...rest } = detecting;
    ended.push(await client.complete({ ...rest, prompt: 'Count.' }));
    expect(
      server.requests.map(({ path, body }) => [path, (body as Record<string, unknown>)['repetition_detection']]),
    ).toEqual([
      ['/v1/chat/completions', undefined],
      ['/v1/chat/completions', { max_pattern_size: 30, min_pattern_size: 2, min_count: 4 }],
      ['/v1/completions', { max_pattern_size: 30, min_pattern_size: 2, min_count: 4 }],
    ]);
    const choice = { text: '1 2 1 2', finishReason: 'repetition', rawFinishReason: 'repetition' };
    expect(ended.map(({ choices }) => choices)).toEqual([[choice], [choice]]);
  });

  it('returns choices by index with their log-probabilities, and ignores fields it does not know', async () => {
    const logprobs = {
      content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [{ token: 'b', logprob: -1, bytes: [98] }] }],
    };
    const { client } = await setUp([
      {
        body: {
          novelty: 1,
          choices: [
            { index: 1, message: { content: null }, finish_reason: 'length' },
            { index: 0, message: { content: 'a', novelty: 2 }, finish_reason: 'stop', logprobs },
          ],
          usage: { prompt_tokens: 4, completion_tokens: 2 },
        },
      },
    ]);
    expect(await client.chat({ ...REQUEST, n: 2 })).toEqual({
      choices: [
        {
          text: 'a',
          finishReason: 'stop',
          rawFinishReason: 'stop',
          logprobs_T: [{ token: 'a', logprob: -0.5, top: [{ token: 'b', logprob: -1 }] }],
        },
        { text: '', finishReason: 'length', rawFinishReason: 'length' },
      ],
      usage: { promptTokens: 4, completionTokens: 2 },
    });
  });

  it.each(FINISH_REASON_TABLE)('reads finish_reason $raw as $finishReason', async ({ raw, finishReason }) => {
    const { client } = await setUp([answerThatEnded(raw)]);
    expect(await client.chat(REQUEST)).toEqual({
      choices: [{ text: 'x', finishReason, rawFinishReason: raw }],
      usage: { promptTokens: undefined, completionTokens: undefined },
    });
  });

  it.each(MODEL_SERVER_ERROR_TABLE)(
    'ends with $code on $row, after one request',
    async ({ reply, code, retryable }) => {
      const { server, client } = await setUp([reply]);
      await expect(client.chat(REQUEST)).rejects.toMatchObject({ code, retryable });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('is unavailable when the connection is refused', async () => {
    const server = await startScriptedModelServer({});
    await server.close();
    const client = createVllmServer({ baseUrl: server.baseUrl, timeoutMs: 5000 });
    await expect(client.chat(REQUEST)).rejects.toMatchObject({
      message: `${server.baseUrl.slice(7)}/v1/chat/completions could not be called: ECONNREFUSED. Check that the server runs and that the address is right.`,
      code: 'model-server/unavailable',
    });
  });

  it("rejects with the signal's reason when aborted in flight, and sends nothing when aborted before", async () => {
    const { server } = await setUp(['hang']);
    const client = createVllmServer({ baseUrl: server.baseUrl, timeoutMs: 5000 });
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const asked = client.chat(REQUEST, controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    await expect(asked).rejects.toBe(reason);
    await expect(client.chat(REQUEST, controller.signal)).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('reads Retry-After in seconds and as a date', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') });
    const { client } = await setUp([
      { status: 429, headers: { 'retry-after': '7' }, body: {} },
      { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, body: {} },
    ]);
    await expect(client.chat(REQUEST)).rejects.toMatchObject({ status: 429, retryAfterMs: 7000 });
    await expect(client.chat(REQUEST)).rejects.toMatchObject({ status: 429, retryAfterMs: 30_000 });
  });

  it("quotes the first 300 characters of the server's words and never the API key", async () => {
    const { server, client } = await setUp([{ status: 401, body: `key sk-123 ${'x'.repeat(400)}` }], 'sk-123');
    await expect(client.chat(REQUEST)).rejects.toThrow(
      `${server.baseUrl.slice(7)}/v1/chat/completions answered 401: "key [api key] ${'x'.repeat(286)}". Check the API key.`,
    );
  });
});

describe('complete, score and tokenize', () => {
  it('sends token ids and reads log-probabilities of the completions format', async () => {
    const logprobs = { tokens: ['a'], token_logprobs: [-0.5], top_logprobs: [{ a: -0.5, b: -1 }] };
    const { server, client } = await setUp([
      { body: { choices: [{ index: 0, text: 'a', finish_reason: 'stop', logprobs }] } },
    ]);
    const { messages: _, ...rest } = REQUEST;
    const result = await client.complete({ ...rest, prompt: [5, 6], topLogprobs: 2 });
    expect(result.choices[0]?.logprobs_T).toEqual([
      {
        token: 'a',
        logprob: -0.5,
        top: [
          { token: 'a', logprob: -0.5 },
          { token: 'b', logprob: -1 },
        ],
      },
    ]);
    expect(server.requests[0]).toMatchObject({
      path: '/v1/completions',
      body: { prompt: [5, 6], logprobs: 2, top_k: 0 },
    });
  });

  it('sends a text as it is, with its stops, and has no special token added', async () => {
    const { server, client } = await setUp([
      { body: { choices: [{ index: 0, text: 'a', finish_reason: 'stop', stop_reason: 2 }] } },
    ]);
    const { messages: _, ...rest } = REQUEST;
    await client.complete({ ...rest, prompt: '<s>a', stop: ['\n'], stopTokenIds: [1, 2] });
    expect(server.requests[0]?.body).toMatchObject({
      prompt: '<s>a',
      add_special_tokens: false,
      stop: ['\n'],
      stop_token_ids: [1, 2],
    });
  });

  it('asks for the log-probability of one token after a prefix', async () => {
    const logprobs = { top_logprobs: [{ 'token_id:9': -0.1, 'token_id:7': -1.5 }] };
    const { server, client } = await setUp([{ body: { choices: [{ text: '', finish_reason: 'length', logprobs }] } }]);
    expect(await client.nextTokenLogprob('base', [5, 6], 7)).toBe(-1.5);
    expect(server.requests[0]?.body).toMatchObject({
      prompt: [5, 6],
      max_tokens: 1,
      temperature: 0,
      logprob_token_ids: [7],
      return_tokens_as_token_ids: true,
    });
    expect(server.requests[0]?.body).not.toHaveProperty('prompt_logprobs');
  });

  it('refuses a reply without the token that was asked for', async () => {
    const logprobs = { top_logprobs: [{ 'token_id:9': -0.1 }] };
    const { client } = await setUp([{ body: { choices: [{ logprobs }] } }]);
    await expect(client.nextTokenLogprob('base', [5], 7)).rejects.toMatchObject({ kind: 'malformed-response' });
  });

  it('tokenizes with the generation prompt', async () => {
    const { server, client } = await setUp([{ body: { count: 2, tokens: [1, 2] } }]);
    expect(await client.tokenize('base', REQUEST.messages)).toEqual([1, 2]);
    expect(server.requests[0]).toMatchObject({
      path: '/tokenize',
      body: { model: 'base', messages: REQUEST.messages, add_generation_prompt: true },
    });
  });
});

describe('health, models and metrics', () => {
  it('passes on 200 and is unavailable on 503', async () => {
    const { client } = await setUp([{ body: '' }, { status: 503, body: '' }]);
    expect(await client.health()).toBeUndefined();
    await expect(client.health()).rejects.toMatchObject({ kind: 'unavailable', status: 503 });
  });

  it('sums counters over label sets, averages the cache share, and leaves out what is not reported', async () => {
    const { client } = await setUp([
      {
        body: [
          '# HELP vllm:num_requests_running Number of requests.',
          'vllm:num_requests_running{engine="0",model_name="a b}"} 2.0',
          'vllm:num_requests_running{engine="1",model_name="a b}"} 3.0',
          'vllm:num_requests_waiting 1.0',
          'vllm:kv_cache_usage_perc{engine="0"} 0.5',
          'vllm:kv_cache_usage_perc{engine="1"} 0.75',
          'vllm:generation_tokens_total{engine="0"} 1.5e+03 1795515351000',
          'vllm:prefix_cache_queries_total{engine="0"} NaN',
        ].join('\n'),
      },
    ]);
    expect(await client.metrics()).toEqual({
      requestsRunning: 5,
      requestsWaiting: 1,
      kvCacheUsage: 0.625,
      generationTokensTotal: 1500,
      prefixCacheQueriesTotal: undefined,
      prefixCacheHitsTotal: undefined,
    });
  });
});

describe('adapters', () => {
  it('loads once, counts the same path as loaded, refuses another path, and unloads twice', async () => {
    const { server, client } = await setUpWith({ deterministic: { answer: () => 'x' } });
    await client.loadAdapter('run-r1', '/adapters/a');
    await client.loadAdapter('run-r1', '/adapters/a');
    await expect(client.loadAdapter('run-r1', '/adapters/b')).rejects.toMatchObject({ code: 'adapter/load-refused' });
    expect(await client.models()).toEqual([
      { id: 'base', root: '/models/base', parent: null, maxModelLen: 2048 },
      { id: 'run-r1', root: '/adapters/a', parent: 'base', maxModelLen: null },
    ]);
    await client.unloadAdapter('run-r1');
    await client.unloadAdapter('run-r1');
    expect(server.adapters.size).toBe(0);
  });

  it.each([400, 404, 500])("ends with adapter/load-refused and the server's reason on %i", async (status) => {
    const { client } = await setUp([{ status, body: { error: { message: 'No adapter found for /nope' } } }]);
    const loaded = client.loadAdapter('a', '/nope');
    await expect(loaded).rejects.toMatchObject({ code: 'adapter/load-refused', details: { status } });
    await expect(loaded).rejects.toThrow(/"No adapter found for \/nope"/);
  });

  it.each([
    [502, 'model-server/server-error'],
    [503, 'model-server/unavailable'],
    [504, 'model-server/server-error'],
  ])('blames the server, not the adapter, when it or a proxy says %i', async (status, code) => {
    const { client } = await setUp([{ status, body: '' }]);
    await expect(client.loadAdapter('a', '/a')).rejects.toMatchObject({ code, retryable: true });
  });
});

describe('the deterministic model', () => {
  it('answers by prompt, seed and model, and refuses unknown models', async () => {
    const { client } = await setUpWith({
      deterministic: { answer: (prompt, seed, model) => `${model}: ${prompt} ${seed}` },
    });
    const { choices } = await client.chat({ ...REQUEST, n: 2 });
    expect(choices.map((choice) => choice.text)).toEqual(['base: hi 3', 'base: hi 4']);
    await expect(client.chat({ ...REQUEST, model: 'nope' })).rejects.toMatchObject({ kind: 'unknown-model' });
    await expect(client.tokenize('base', REQUEST.messages)).resolves.toHaveLength(1);
    await expect(client.nextTokenLogprob('base', [1, 2], 3)).resolves.toBeCloseTo(-0.4);
  });

  it('fails the test when a script runs out', async () => {
    const server = await startScriptedModelServer({ script: [] });
    const client = createVllmServer({ baseUrl: server.baseUrl, timeoutMs: 5000 });
    await expect(client.health()).rejects.toMatchObject({ kind: 'server-error' });
    await expect(server.close()).rejects.toThrow('GET /health came when the script had run out');
  });
});
