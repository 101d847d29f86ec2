import type { ScriptedReply } from './scripted-model-server.ts';

const say = (status: number, message: string, headers: Record<string, string> = {}): ScriptedReply => ({
  status,
  headers,
  body: { error: { message, type: 'Error', param: null, code: status } },
});

const finish = (finish_reason: string | null): ScriptedReply => ({
  body: { choices: [{ index: 0, message: { content: 'x' }, finish_reason }] },
});

/** What a server may do instead of answering one chat call for one choice, and the code that the call must end with. */
export const MODEL_SERVER_ERROR_TABLE: readonly {
  readonly row: string;
  readonly reply: ScriptedReply;
  readonly code: string;
  readonly retryable: boolean;
}[] = [
  { row: 'a reset connection', reply: 'reset', code: 'model-server/unavailable', retryable: true },
  { row: 'silence', reply: 'hang', code: 'model-server/timeout', retryable: true },
  {
    row: '400',
    reply: say(400, 'temperature must be non-negative'),
    code: 'model-server/bad-request',
    retryable: false,
  },
  { row: '413', reply: say(413, 'body too large'), code: 'model-server/bad-request', retryable: false },
  { row: '422', reply: say(422, 'bad field'), code: 'model-server/bad-request', retryable: false },
  {
    row: '400 for a prompt beyond the context',
    reply: say(
      400,
      "This model's maximum context length is 2048 tokens. However, your prompt contains 3000 input tokens.",
    ),
    code: 'model-server/prompt-too-long',
    retryable: false,
  },
  {
    row: '400 for a prompt that fills the context',
    reply: say(400, 'The decoder prompt (length 2048) is longer than the maximum model length of 2048.'),
    code: 'model-server/prompt-too-long',
    retryable: false,
  },
  {
    row: '400 for max_tokens beyond the context',
    reply: say(400, 'max_tokens=5000 cannot be greater than max_model_len=2048. Please request fewer output tokens.'),
    code: 'model-server/context-too-small',
    retryable: false,
  },
  { row: '401', reply: say(401, 'Unauthorized'), code: 'model-server/unauthorized', retryable: false },
  { row: '402', reply: say(402, 'Insufficient Balance'), code: 'model-server/no-credit', retryable: false },
  { row: '403', reply: say(403, 'Forbidden'), code: 'model-server/unauthorized', retryable: false },
  {
    row: '404 for a model or adapter that is not served',
    reply: say(404, 'The model `nope` does not exist.'),
    code: 'model-server/unknown-model',
    retryable: false,
  },
  {
    row: '404 for a path that is not served',
    reply: { status: 404, body: { detail: 'Not Found' } },
    code: 'model-server/not-served',
    retryable: true,
  },
  {
    row: '404 of a proxy while the server restarts',
    reply: { status: 404, body: '404 page not found' },
    code: 'model-server/not-served',
    retryable: true,
  },
  { row: '405', reply: say(405, 'Method Not Allowed'), code: 'model-server/not-served', retryable: true },
  { row: '415', reply: say(415, 'Unsupported Media Type'), code: 'model-server/not-served', retryable: true },
  { row: '408', reply: say(408, 'slow'), code: 'model-server/timeout', retryable: true },
  { row: '409', reply: say(409, 'conflict'), code: 'model-server/server-error', retryable: true },
  { row: '425', reply: say(425, 'too early'), code: 'model-server/server-error', retryable: true },
  { row: '429', reply: say(429, 'slow down'), code: 'model-server/rate-limit', retryable: true },
  { row: '500', reply: say(500, 'boom'), code: 'model-server/server-error', retryable: true },
  { row: '502', reply: { status: 502, body: 'Bad Gateway' }, code: 'model-server/server-error', retryable: true },
  {
    row: '500 of a dead engine',
    reply: say(500, 'EngineCore encountered an issue. See stack trace (above) for the root cause.'),
    code: 'model-server/unavailable',
    retryable: true,
  },
  {
    row: '500 that names EngineDeadError',
    reply: { status: 500, body: 'EngineDeadError' },
    code: 'model-server/unavailable',
    retryable: true,
  },
  { row: '503', reply: { status: 503, body: '' }, code: 'model-server/unavailable', retryable: true },
  { row: 'text instead of JSON', reply: { body: '<html>' }, code: 'model-server/malformed-response', retryable: true },
  {
    row: 'JSON that breaks off',
    reply: { headers: { 'content-type': 'application/json' }, body: '{"choices": [' },
    code: 'model-server/malformed-response',
    retryable: true,
  },
  {
    row: 'JSON of another shape',
    reply: { body: { hello: 'world' } },
    code: 'model-server/malformed-response',
    retryable: true,
  },
  {
    row: 'too few choices',
    reply: { body: { choices: [] } },
    code: 'model-server/malformed-response',
    retryable: true,
  },
  {
    row: 'too many choices',
    reply: {
      body: {
        choices: [0, 1].map((index) => ({ index, message: { content: 'x' }, finish_reason: 'stop' })),
      },
    },
    code: 'model-server/malformed-response',
    retryable: true,
  },
  { row: 'finish_reason "abort"', reply: finish('abort'), code: 'model-server/aborted', retryable: true },
  { row: 'finish_reason "error"', reply: finish('error'), code: 'model-server/server-error', retryable: true },
];

/** A `finish_reason` that is an answer, and what becomes of it. */
export const FINISH_REASON_TABLE = [
  { raw: 'stop', finishReason: 'stop' },
  { raw: 'length', finishReason: 'length' },
  { raw: 'repetition', finishReason: 'repetition' },
  { raw: null, finishReason: 'other' },
  { raw: 'tool_calls', finishReason: 'other' },
] as const;

/** An answer of one choice that ended for the given reason. */
export const answerThatEnded = finish;
