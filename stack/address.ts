import { ConfigError } from '../domain/errors.ts';

/** Host and port of a part. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port` or an http(s) URL. */
export function parseAddress(address: string): HostPort {
  const text = address.includes('://') ? address : `tcp://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const port = Number(url?.port || (url?.protocol === 'http:' ? 80 : url?.protocol === 'https:' ? 443 : 0));
  if (url === undefined || url.hostname === '' || port === 0) {
    throw new ConfigError(
      'config/invalid',
      `The address "${address}" has no host and port: write it like 127.0.0.1:7233.`,
    );
  }
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** True for an address of this machine only, where the stack may start a server. */
export function isLoopback({ host }: HostPort): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
