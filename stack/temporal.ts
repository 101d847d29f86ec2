import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { StackError } from '../domain/errors.ts';
import { temporalConnection } from '../domain/temporal-connection.ts';
import { parseAddress } from './address.ts';
import type { PartCommand } from './launch-part.ts';
import { findTemporalCli, type StackPaths } from './paths.ts';
import { isPortOpen } from './port-owner.ts';

const GRPC_NOT_FOUND = 5;

/** What is at a Temporal address. */
type TemporalProbe =
  | { readonly state: 'silent' }
  | { readonly state: 'foreign' }
  | { readonly state: 'answers'; readonly version: string; readonly hasNamespace: boolean };

/** Asks what listens at the address; a server that refuses this way of calling it counts as foreign. */
export async function probeTemporal(address: string, namespace: string): Promise<TemporalProbe> {
  if (!(await isPortOpen(parseAddress(address)))) return { state: 'silent' };
  const options = temporalConnection({ address, namespace }, process.env, readFileSync);
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ ...options, connectTimeout: 5000 });
    const { workflowService } = connection;
    const client = connection;
    return await client.withDeadline(Date.now() + 5000, async () => {
      const info = await workflowService.getSystemInfo({});
      const hasNamespace = await workflowService.describeNamespace({ namespace }).then(
        () => true,
        (error: { readonly code?: number }) => error.code !== GRPC_NOT_FOUND,
      );
      return { state: 'answers', version: info.serverVersion, hasNamespace } as const;
    });
  } catch {
    return { state: 'foreign' };
  } finally {
    await connection?.close().catch(() => undefined);
  }
}

/** Command of a dev server that keeps its state in a SQLite file of the project. */
export function temporalCommand(paths: StackPaths, address: string, namespace: string): PartCommand {
  const cli = findTemporalCli(paths);
  if (cli === undefined) {
    throw new StackError(
      'stack/not-installed',
      'The Temporal CLI was not found in TEMPORAL_CLI_PATH, on the PATH or in the Python environment: run npm run setup.',
    );
  }
  mkdirSync(paths.stack, { recursive: true });
  const { host, port } = parseAddress(address);
  const command = `server start-dev --headless --ip ${host === 'localhost' ? '127.0.0.1' : host} --port ${port}`.split(
    ' ',
  );
  command.push('--db-filename', join(paths.stack, 'temporal.db'));
  command.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL', '--log-level', 'warn');
  if (namespace !== 'default') command.push('--namespace', namespace);
  return { part: 'temporal', command: [cli, ...command], environment: {}, address, port };
}
