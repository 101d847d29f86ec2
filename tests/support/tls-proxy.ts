import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';

/** Ends TLS in front of a server that speaks none, as a load balancer does. */
export async function startTlsProxy(target: { readonly host: string; readonly port: number }, options: TlsOptions) {
  const server = createServer({ ...options, ALPNProtocols: ['h2'] }, (inside) => {
    const outside = connect(target);
    inside.on('error', () => outside.destroy()).on('close', () => outside.destroy());
    outside.on('error', () => inside.destroy()).on('close', () => inside.destroy());
    inside.pipe(outside).pipe(inside);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close(): Promise<void> {
      server.close();
      await once(server, 'close');
    },
  };
}
