import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { StackError } from '../domain/errors.ts';
import type { HostPort } from './address.ts';

/** True when something accepts connections there. */
export function isPortOpen({ host, port }: HostPort, timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function listeningInodes(port: number): ReadonlySet<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/);
        const [, local, , state] = fields;
        const inode = fields[9];
        if (state === '0A' && local?.endsWith(`:${hexPort}`) && inode !== undefined) inodes.add(`socket:[${inode}]`);
      }
    } catch {
      // No IPv6, or no such table on this system: the pid is then left out of the message.
    }
  }
  return inodes;
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** Pid of the process that listens on the port, when this user may read it. */
export function findPortOwner(port: number): number | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holdsOneOf(name, inodes));
  return pid === undefined ? undefined : Number(pid);
}

/** The error for a port where something else than the wanted server listens. */
export function portTakenError(wanted: string, address: HostPort): StackError {
  const pid = findPortOwner(address.port);
  const owner = pid === undefined ? 'another process' : `process ${pid}`;
  return new StackError(
    'stack/port-taken',
    `Port ${address.port} of ${address.host} is taken by ${owner}, which does not answer as ${wanted}: ` +
      `stop it, or choose another address.`,
    { details: { port: address.port, pid: pid ?? null } },
  );
}
