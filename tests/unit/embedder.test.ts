import { afterEach, describe, expect, it } from 'vitest';
import { createEmbedder, type EmbedderOptions } from '../../clients/embedder.ts';
import { MODEL_SERVER_ERROR_TABLE } from '../support/model-server-error-table.ts';
import { startScriptedModelServer, type ScriptedReply } from '../support/scripted-model-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function setUp(script: readonly ScriptedReply[], changes: Partial<EmbedderOptions> = {}) {
  const server = await startScriptedModelServer({ script });
  const timeoutMs = script.includes('hang') ? 100 : 5000;
  const embedder = createEmbedder({
    baseUrl: server.baseUrl,
    model: 'mpnet',
    api: 'embeddings',
    timeoutMs,
    ...changes,
  });
  open.push(embedder, server);
  return { server, embedder };
}

/** Those of the table that are not about the choices of a chat. */
const ERRORS = MODEL_SERVER_ERROR_TABLE.filter(({ row }) => !/choices|finish_reason/.test(row));

describe('an embedding model', () => {
  it('is asked as OpenAI has it, or by pooling of vLLM', async () => {
    const { server, embedder } = await setUp([
      { body: { data: [{ object: 'embedding', index: 0, embedding: [0.5, -2] }], usage: { prompt_tokens: 4 } } },
    ]);
    expect(await embedder.embed('What is love?')).toEqual({ vector: Float32Array.from([0.5, -2]), promptTokens: 4 });
    expect(server.requests[0]).toMatchObject({
      path: '/v1/embeddings',
      body: { model: 'mpnet', input: 'What is love?', encoding_format: 'float' },
    });
    expect(server.requests[0]?.body).not.toHaveProperty('truncate_prompt_tokens');

    const pooling = await setUp([{ body: { data: [{ index: 0, data: [1, 0] }] } }], {
      api: 'pooling',
      truncateTokens: -1,
    });
    expect(await pooling.embedder.embed('x')).toEqual({ vector: Float32Array.from([1, 0]), promptTokens: null });
    expect(pooling.server.requests[0]).toMatchObject({
      path: '/pooling',
      body: { model: 'mpnet', input: 'x', task: 'embed', truncate_prompt_tokens: -1 },
    });
  });

  it.each(ERRORS)('ends with $code on $row, after one request', async ({ reply, code, retryable }) => {
    const { server, embedder } = await setUp([reply]);
    await expect(embedder.embed('x')).rejects.toMatchObject({ code, retryable });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['no embedding', { data: [] }],
    ['two embeddings', { data: [{ embedding: [1] }, { embedding: [1] }] }],
    [
      'a vector a token, as a model that is no embedder gives',
      {
        data: [
          {
            embedding: [
              [1, 0],
              [0, 1],
            ],
          },
        ],
      },
    ],
    ['base64, which was not asked for', { data: [{ embedding: 'AACAPw==' }] }],
    ['a number that is none', { data: [{ embedding: [1, null] }] }],
    ['a number beyond 32 bits', { data: [{ embedding: [1e300, 1] }] }],
    ['no direction', { data: [{ embedding: [0, 0] }] }],
    ['an empty vector', { data: [{ embedding: [] }] }],
  ])('refuses %s', async (_, body) => {
    const { embedder } = await setUp([{ body }]);
    await expect(embedder.embed('x')).rejects.toMatchObject({ code: 'model-server/malformed-response' });
  });
});
