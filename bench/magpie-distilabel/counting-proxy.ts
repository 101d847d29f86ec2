import { createHash } from 'node:crypto';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What went through since the last reset. */
export interface ProxyCounts {
  /** Generation calls that were sent on. */
  readonly calls: number;
  /** Calls whose body had been sent before: work that is paid for twice. */
  readonly repeated: number;
}

export interface CountingProxy {
  readonly url: string;
  readonly counts: () => ProxyCounts;
  /** Forgets what was sent. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

const GENERATES = /^\/v1\/(?:chat\/)?completions$/;

/** Stands before a model server on a loopback port and counts the calls that generate, equal bodies apart. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const seen = new Map<string, number>();

  const server = createServer((incoming, outgoing) => {
    void forward(incoming, outgoing);
  });

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (incoming.method === 'POST' && GENERATES.test(incoming.url ?? '')) {
      const hash = createHash('sha256').update(incoming.url!).update(body).digest('hex');
      seen.set(hash, (seen.get(hash) ?? 0) + 1);
    }
    const { host: _host, ...headers } = incoming.headers;
    const sent = request({ hostname, port, path: incoming.url, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    // Whoever asked is gone: the server need not answer either.
    outgoing.on('close', () => sent.destroy());
    sent.on('error', () => outgoing.destroy());
    sent.end(body);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => {
      const times = [...seen.values()];
      const calls = times.reduce((sum, count) => sum + count, 0);
      return { calls, repeated: calls - times.length };
    },
    reset: () => seen.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
