import { ModelServerError, PromptTooLongError, TickloopError } from '../../domain/errors.ts';
import type { ModelServerErrorKind } from '../../domain/errors.ts';
import type { CallTarget } from './call-target.ts';
import { parseRetryAfterMs } from './retry-after.ts';
import { quoteServerMessage, readServerMessage } from './server-message.ts';

// vLLM: "EngineCore encountered an issue. See stack trace (above) for the root cause."
const ENGINE_DEAD =
  /EngineDead|EngineCore encountered an issue|\bengine\b.{0,30}\b(dead|died)\b|\bdead\b.{0,30}\bengine\b/i;
const PROMPT_TOO_LONG =
  /context[ _]length|longer than the maximum|maximum model length|max_model_len|(prompt|input) is too long/i;
// Concerns every prompt, so it is not one row's fault.
const COMPLETION_TOO_LONG = /max_tokens=\d+ cannot be greater than max_model_len/i;
// `/generative_scoring` of vLLM 0.32 answers 400 when the engine failed an item, which is no fault of the request.
const ITEM_FAILED = /(Generation error|Failed to generate result|No output generated) for item \d+/i;
// Whatever else is refused is no fault of one row, and must not be kept as its answer.
const OF_THE_REQUEST: ReadonlySet<number> = new Set([400, 413, 422]);
const UNKNOWN_MODEL = /model.*(does not exist|not found|cannot be found|not_found)/is;

const WHAT_TO_DO: Record<ModelServerErrorKind, string> = {
  unavailable: 'Check that the server runs and that the address is right.',
  timeout: 'Raise the timeout or lower the load on the server.',
  'rate-limit': 'Lower the concurrency or wait.',
  'server-error': "Look at the server's log.",
  aborted: 'The server was paused or shut down during the call; send it again.',
  'malformed-response': 'Check that the address is that of a vLLM or OpenAI-compatible server.',
  'not-served':
    'Check that the address is right: what answers there does not take this call, as a proxy does while the server behind it starts.',
  'bad-request': 'Check the request against the version of the server.',
  unauthorized: 'Check the API key.',
  'no-credit': 'The account has no credit: top it up and start the run again.',
  'unknown-model': 'Check the model name against what the server lists under /v1/models.',
  'context-too-small': 'Lower the longest completion or serve the model with a longer context.',
};

function kindOfStatus(status: number, message: string): ModelServerErrorKind {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 402) return 'no-credit';
  if (status === 404 && UNKNOWN_MODEL.test(message)) return 'unknown-model';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate-limit';
  if (status === 503 || (status >= 500 && ENGINE_DEAD.test(message))) return 'unavailable';
  if (status >= 500 || status === 409 || status === 425) return 'server-error';
  if (!OF_THE_REQUEST.has(status)) return 'not-served';
  if (ITEM_FAILED.test(message)) return 'server-error';
  return COMPLETION_TOO_LONG.test(message) ? 'context-too-small' : 'bad-request';
}

/** The error for an answer whose HTTP status is not a success. */
export function errorOfStatus(
  target: CallTarget,
  status: number,
  body: string,
  retryAfter: string | null | undefined,
): TickloopError {
  const message = readServerMessage(body);
  const found = `${target.host}${target.path} answered ${status}: ${quoteServerMessage(message, target.apiKey)}.`;
  const kind = kindOfStatus(status, message);
  if (kind === 'bad-request' && PROMPT_TOO_LONG.test(message)) {
    return new PromptTooLongError(`${found} Shorten the prompt or serve the model with a longer context.`, {
      details: { status },
    });
  }
  const retryAfterMs = parseRetryAfterMs(retryAfter);
  return new ModelServerError(kind, `${found} ${WHAT_TO_DO[kind]}`, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The error for an answer with a good status whose content is not usable. */
export function errorOfContent(
  target: CallTarget,
  kind: 'malformed-response' | 'aborted' | 'server-error',
  found: string,
): ModelServerError {
  return new ModelServerError(kind, `${target.host}${target.path} answered 200 with ${found}. ${WHAT_TO_DO[kind]}`, {
    status: 200,
  });
}

/** The code of a system or undici error, looked for along its causes: fetch hides it one or two levels down. */
function findErrorCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}

function kindOfErrorCode(code: string): ModelServerErrorKind {
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'timeout';
  // The peer speaks something that is not HTTP, or breaks off what it announced.
  if (code.startsWith('HPE_') || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'malformed-response';
  return 'unavailable';
}

/** The error for a call that broke before its answer was whole; errors that are no transport's come back as they are. */
export function errorOfTransport(target: CallTarget, error: unknown): unknown {
  if (error instanceof TickloopError) return error;
  const code = findErrorCode(error);
  if (code === undefined) return error;
  const kind = kindOfErrorCode(code);
  return new ModelServerError(kind, `${target.host}${target.path} could not be called: ${code}. ${WHAT_TO_DO[kind]}`, {
    cause: error,
    details: { errno: code },
  });
}
