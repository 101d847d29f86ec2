import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeterministicModel } from './deterministic-model.ts';
import type { DeterministicModelOptions, HeldWeights } from './deterministic-model.ts';

/** A request as it came in; `body` is parsed JSON, or `undefined` without one. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** `reset` destroys the socket, `hang` never answers, an object body goes out as JSON. */
export type ScriptedReply =
  | 'reset'
  | 'hang'
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | object;
      readonly delayMs?: number;
    };

export interface ScriptedModelServerOptions {
  /** Asked first at each request; `undefined` leaves it to the script and the model. */
  readonly intercept?: (request: RecordedRequest) => ScriptedReply | undefined;
  /** Canned replies, one a request, in order. */
  readonly script?: readonly ScriptedReply[];
  /** Answers when the script has run out, or from the first request when there is none. */
  readonly deterministic?: DeterministicModelOptions;
}

export interface ScriptedModelServer {
  readonly baseUrl: string;
  readonly requests: readonly RecordedRequest[];
  /** Loaded adapters of the deterministic model, path by name. */
  readonly adapters: ReadonlyMap<string, string>;
  /** What the deterministic model holds where it takes whole weights. */
  readonly held: HeldWeights | undefined;
  /** Adds replies that the next requests get. */
  enqueue(...replies: readonly ScriptedReply[]): void;
  /** Closes the port and every connection, and forgets the adapters, as a killed vLLM does. */
  die(): Promise<void>;
  /** Listens at the same port again. */
  revive(): Promise<void>;
  /** @throws if a request came that the script had no reply for */
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

async function sendReply(response: ServerResponse, reply: ScriptedReply): Promise<void> {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reply.delayMs !== undefined) await sleep(reply.delayMs);
  if (response.destroyed) return;
  const isJson = typeof reply.body === 'object';
  response.writeHead(reply.status ?? 200, {
    'content-type': isJson ? 'application/json' : 'text/plain',
    ...reply.headers,
  });
  response.end(isJson ? JSON.stringify(reply.body) : reply.body);
}

/** Starts a model server on a free loopback port that follows a script, a deterministic model, or the one and then the other. */
export async function startScriptedModelServer(options: ScriptedModelServerOptions): Promise<ScriptedModelServer> {
  const queue = [...(options.script ?? [])];
  const requests: RecordedRequest[] = [];
  const surprises: string[] = [];
  const model = options.deterministic && createDeterministicModel(options.deterministic);

  const chooseReply = (request: RecordedRequest): ScriptedReply => {
    // A look at the label of the weights is not what a script is about.
    const isLook = model !== undefined && request.path === '/weight_info';
    const scripted = options.intercept?.(request) ?? (isLook ? undefined : queue.shift());
    if (scripted !== undefined) return scripted;
    if (model !== undefined) return model.reply(request);
    const surprise = `${request.method} ${request.path} came when the script had run out`;
    surprises.push(surprise);
    return { status: 500, body: { error: { message: surprise } } };
  };

  const server = createServer((incoming, response) => {
    const handle = async (): Promise<void> => {
      const request: RecordedRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: await readBody(incoming),
      };
      requests.push(request);
      await sendReply(response, chooseReply(request));
    };
    handle().catch((error: unknown) => {
      // A client that hangs up while it sends is part of what tests do.
      if (!incoming.complete) return;
      surprises.push(String(error));
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address() as AddressInfo;
  const stopListening = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });

  return {
    baseUrl: `http://127.0.0.1:${port}`,
    requests,
    adapters: model?.adapters ?? new Map(),
    held: model?.held,
    enqueue: (...replies) => {
      queue.push(...replies);
    },
    async die() {
      model?.forgetAdapters();
      await stopListening();
    },
    async revive() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async close() {
      await stopListening();
      if (surprises.length > 0) throw new Error(`the scripted model server was surprised: ${surprises.join('; ')}`);
    },
  };
}
