import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { StackError } from '../domain/errors.ts';
import { temporalConnection } from '../domain/temporal-connection.ts';

/** A client and how to let it go. */
export interface TemporalSession {
  readonly client: Client;
  close(): Promise<void>;
}

/** @throws StackError `stack/not-running` when nobody answers there */
export async function connectTemporal({
  address,
  namespace,
}: {
  readonly address: string;
  readonly namespace: string;
}): Promise<TemporalSession> {
  const options = {
    ...temporalConnection({ address, namespace }, process.env, readFileSync),
    connectTimeout: '5s',
  } as const;
  const connection = await Connection.connect(options).catch((cause: unknown) => {
    throw new StackError(
      'stack/not-running',
      `No Temporal server answers at ${address}: start the local one with \`tickloop up\`, or correct temporal.address or what TEMPORAL_API_KEY and the variables TEMPORAL_TLS... say.`,
      { cause },
    );
  });
  return { client: new Client({ connection, namespace }), close: () => connection.close() };
}
