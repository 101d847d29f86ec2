import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOpenAiJudge } from '../../clients/openai-judge.ts';
import { FINISH_REASON_TABLE, MODEL_SERVER_ERROR_TABLE, answerThatEnded } from '../support/model-server-error-table.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import type { ScriptedReply } from '../support/scripted-model-server.ts';

const REQUEST = { messages: [{ role: 'user', content: 'hi' }], seed: 3, temperature: 0, maxTokens: 9 } as const;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0)) await one.close();
});

async function setUp(script: readonly ScriptedReply[], apiKey?: string) {
  const server = await startScriptedModelServer({ script });
  open.push(server);
  const options = { baseUrl: server.baseUrl, model: 'judge', timeoutMs: script.includes('hang') ? 100 : 5000 };
  return { server, judge: createOpenAiJudge(apiKey === undefined ? options : { ...options, apiKey }) };
}

describe('createOpenAiJudge', () => {
  it('sends one closed request and returns text, finish reason and usage', async () => {
    const { server, judge } = await setUp(
      [
        {
          body: {
            choices: [{ index: 0, message: { content: 'yes' }, finish_reason: 'stop' }],
            usage: { prompt_tokens: 4, completion_tokens: 2 },
          },
        },
      ],
      'secret',
    );
    expect(await judge.ask(REQUEST)).toEqual({
      text: 'yes',
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: { promptTokens: 4, completionTokens: 2 },
    });
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret');
    expect(server.requests[0]?.body).toEqual({
      model: 'judge',
      messages: [{ role: 'user', content: 'hi' }],
      n: 1,
      seed: 3,
      temperature: 0,
      top_p: 1,
      max_tokens: 9,
      stream: false,
    });
  });

  it('sends no authorization without a key', async () => {
    const { server, judge } = await setUp([answerThatEnded('stop')]);
    await judge.ask(REQUEST);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each(FINISH_REASON_TABLE)('reads finish_reason $raw as $finishReason', async ({ raw, finishReason }) => {
    const { judge } = await setUp([answerThatEnded(raw)]);
    expect(await judge.ask(REQUEST)).toEqual({
      text: 'x',
      finishReason,
      rawFinishReason: raw,
      usage: { promptTokens: undefined, completionTokens: undefined },
    });
  });

  it.each(MODEL_SERVER_ERROR_TABLE)(
    'ends with $code on $row, after one request',
    async ({ reply, code, retryable }) => {
      const { server, judge } = await setUp([reply]);
      await expect(judge.ask(REQUEST)).rejects.toMatchObject({ code, retryable });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('is unavailable when the connection is refused', async () => {
    const server = await startScriptedModelServer({});
    await server.close();
    const judge = createOpenAiJudge({ baseUrl: server.baseUrl, model: 'judge', timeoutMs: 5000 });
    await expect(judge.ask(REQUEST)).rejects.toMatchObject({
      code: 'model-server/unavailable',
      details: { errno: 'ECONNREFUSED' },
    });
  });

  it("rejects with the signal's reason when aborted", async () => {
    const { server } = await setUp(['hang']);
    const judge = createOpenAiJudge({ baseUrl: server.baseUrl, model: 'judge', timeoutMs: 5000 });
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const asked = judge.ask(REQUEST, controller.signal);
    setTimeout(() => controller.abort(reason), 50);
    await expect(asked).rejects.toBe(reason);
  });

  it('reads Retry-After in seconds', async () => {
    const { judge } = await setUp([{ status: 429, headers: { 'retry-after': '7' }, body: {} }]);
    await expect(judge.ask(REQUEST)).rejects.toMatchObject({ kind: 'rate-limit', retryAfterMs: 7000 });
  });

  it('never shows the API key', async () => {
    const { judge } = await setUp([{ status: 401, body: { error: { message: 'bad key sk-123' } } }], 'sk-123');
    await expect(judge.ask(REQUEST)).rejects.toThrow(
      /\/v1\/chat\/completions answered 401: "bad key \[api key\]"\. Check/,
    );
  });

  it('lets the reply be one of some words only', async () => {
    const { server, judge } = await setUp([answerThatEnded('stop')]);
    await judge.ask({ ...REQUEST, choice: ['YES', 'NO'] });
    expect(server.requests[0]?.body).toMatchObject({ structured_outputs: { choice: ['YES', 'NO'] } });
  });

  it('asks for a JSON schema and for log-probabilities, and returns these', async () => {
    const top_logprobs = [
      { token: 'Yes', logprob: -0.1 },
      { token: 'No', logprob: -2.5 },
    ];
    const { server, judge } = await setUp([
      {
        body: {
          choices: [
            {
              index: 0,
              message: { content: 'Yes' },
              finish_reason: 'length',
              logprobs: { content: [{ token: 'Yes', logprob: -0.1, top_logprobs }] },
            },
          ],
        },
      },
    ]);
    const schema = { type: 'object' };
    const reply = await judge.ask({ ...REQUEST, topP: 0.9, jsonSchema: schema, topLogprobs: 20 });
    expect(reply.logprobs_T).toEqual([{ token: 'Yes', logprob: -0.1, top: top_logprobs }]);
    expect(server.requests[0]?.body).toMatchObject({
      top_p: 0.9,
      response_format: { type: 'json_schema', json_schema: { name: 'verdicts', schema, strict: true } },
      logprobs: true,
      top_logprobs: 20,
    });
  });
});

describe('scoreLabels', () => {
  const chats = ['Is it short?', 'Is it kind?'].map((content) => [{ role: 'user' as const, content }]);
  const request = { messages_I: chats, labels: ['YES', 'NO'] as const };
  const tokens = (tokens: readonly number[], max_model_len = 100) => ({ body: { tokens, max_model_len } });
  const scores = (...values: readonly number[]) => ({
    body: {
      data: values.map((score, index) => ({ index, score })).toReversed(),
      usage: { prompt_tokens: 10, completion_tokens: 2 },
    },
  });

  it('tokenizes the chats, shares their beginning and asks for each label by itself', async () => {
    const { server, judge } = await setUp([
      tokens([1, 2, 3, 4]),
      tokens([1, 2, 5]),
      tokens([7, 8]),
      scores(0.6, 0.1),
      tokens([9]),
      scores(0.2, 0.5),
    ]);
    expect(await judge.scoreLabels(request)).toEqual({
      probabilities_I: [
        [0.6, 0.2],
        [0.1, 0.5],
      ],
      usage: { promptTokens: 20, completionTokens: 4 },
    });
    const asked = server.requests.filter(({ path }) => path === '/generative_scoring').map(({ body }) => body);
    const shared = {
      model: 'judge',
      query: [1, 2],
      apply_softmax: false,
      item_first: false,
      add_special_tokens: false,
    };
    expect(asked.map((body) => (body as { label_token_ids: unknown }).label_token_ids)).toEqual([[7], [9]]);
    for (const body of asked) expect(body).toMatchObject(shared);
    expect(server.requests[2]?.body).toEqual({ model: 'judge', prompt: 'YES', add_special_tokens: false });
  });

  it('refuses a prompt that does not fit, which the endpoint would cut', async () => {
    const { server, judge } = await setUp([tokens([1, 2, 3], 3), tokens([1, 2], 3)]);
    await expect(judge.scoreLabels(request)).rejects.toMatchObject({ code: 'model-server/prompt-too-long' });
    expect(server.requests.every(({ path }) => path === '/tokenize')).toBe(true);
  });

  it.each(['Generation error for item 1', 'Failed to generate result for item 0', 'No output generated for item 0'])(
    'takes "%s" for the failure of the server that it is, though the status is 400',
    async (message) => {
      const refusal = { status: 400, body: { error: { message, type: 'BadRequestError', param: null, code: 400 } } };
      const { judge } = await setUp([tokens([1, 2]), tokens([1, 3]), tokens([7]), refusal]);
      await expect(judge.scoreLabels(request)).rejects.toMatchObject({
        code: 'model-server/server-error',
        retryable: true,
      });
    },
  );

  it('takes too few scores for a malformed answer', async () => {
    const { judge } = await setUp([tokens([1, 2]), tokens([1, 3]), tokens([7]), scores(0.6)]);
    await expect(judge.scoreLabels(request)).rejects.toMatchObject({ code: 'model-server/malformed-response' });
  });
});
