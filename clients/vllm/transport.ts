import { Pool } from 'undici';
import type { CallTarget } from './call-target.ts';
import { withDeadline } from './deadline.ts';
import { errorOfContent, errorOfStatus, errorOfTransport } from './errors.ts';

/** An answer as it came: its status is for the caller to judge. */
export interface RawAnswer {
  readonly target: CallTarget;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** HTTP calls to one server, each sent once. */
export interface Transport {
  send(method: 'GET' | 'POST', path: string, body?: object, signal?: AbortSignal): Promise<RawAnswer>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** For the whole call, waiting for a connection included. */
  readonly timeoutMs: number;
  /** Most connections at a time; without it, one for every call in flight. */
  readonly connections?: number;
}

/** Opens a pool of keep-alive connections to a server. */
export function createTransport(options: TransportOptions): Transport {
  const url = new URL(options.baseUrl);
  const prefix = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  const pool = new Pool(url.origin, {
    connections: options.connections ?? null,
    pipelining: 1,
    // The deadline of the whole call decides; undici's own limits would cut long calls after 300 s.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const authorization = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };

  return {
    async send(method, path, body, signal) {
      const target: CallTarget = { host: url.host, path: prefix + path, apiKey: options.apiKey };
      return withDeadline(target, options.timeoutMs, signal, async (signal) => {
        try {
          const response = await pool.request({
            method,
            path: prefix + path,
            headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            signal,
          });
          const text = await response.body.text();
          const header = response.headers['retry-after'];
          return {
            target,
            status: response.statusCode,
            retryAfter: Array.isArray(header) ? header[0] : header,
            text,
          };
        } catch (error) {
          throw errorOfTransport(target, error);
        }
      });
    },
    async close() {
      await pool.close();
    },
  };
}

/** True for the statuses that carry an answer. */
export function isSuccess(answer: RawAnswer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** Throws unless the answer has a good status. */
export function requireSuccess(answer: RawAnswer): void {
  if (!isSuccess(answer)) throw errorOfStatus(answer.target, answer.status, answer.text, answer.retryAfter);
}

/** The JSON of an answer with a good status. */
export function readJson(answer: RawAnswer): unknown {
  requireSuccess(answer);
  try {
    return JSON.parse(answer.text);
  } catch {
    throw errorOfContent(answer.target, 'malformed-response', 'a body that is not JSON');
  }
}
