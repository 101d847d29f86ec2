import { StackError } from '../domain/errors.ts';
import { isLoopback, parseAddress } from './address.ts';
import { launchPart, waitUntilReady, type PartCommand } from './launch-part.ts';
import type { StackPart, StackPaths } from './paths.ts';
import { portTakenError } from './port-owner.ts';
import { isAlive, readProcessRecord, type ProcessRecord } from './process-record.ts';

/** What is at a server's address. */
export type ProbeState = 'silent' | 'foreign' | 'answers';

/** One part to bring up. */
interface WantedPart {
  readonly part: StackPart;
  /** Name in messages. */
  readonly title: string;
  readonly address: string;
  readonly timeoutMs: number;
  readonly probe: () => Promise<ProbeState>;
  readonly command: () => PartCommand;
}

/** True when the part was started here, false when it was up already. */
type Started = boolean;

/** The living process of an earlier start, which must be for the same address. */
export function findOwnProcess(paths: StackPaths, part: StackPart, address: string): ProcessRecord | undefined {
  const record = readProcessRecord(paths.stack, part);
  if (record === undefined || !isAlive(record)) return undefined;
  if (record.address !== address) {
    throw new StackError(
      'stack/start-failed',
      `The ${part} of this project already runs for ${record.address} (pid ${record.pid}), not for ${address}: ` +
        `stop it with "tickloop down" first.`,
    );
  }
  return record;
}

/** Uses the server that answers at the address, or starts ours there and waits for it. */
export async function ensureServer(paths: StackPaths, wanted: WantedPart): Promise<Started> {
  const { part, title, address, timeoutMs } = wanted;
  const state = await wanted.probe();
  if (state === 'answers') return false;
  const hostPort = parseAddress(address);
  if (!isLoopback(hostPort)) {
    throw new StackError(
      'stack/not-running',
      `${title} does not answer at ${address}, which is not this machine: start it there, or correct the address.`,
    );
  }
  const own = findOwnProcess(paths, part, address);
  if (own === undefined && state === 'foreign') throw portTakenError(title, hostPort);
  // An interrupted start may have left ours loading: wait for that one rather than start a second.
  const record = own ?? (await launchPart(paths, wanted.command()));
  const isReady = async () => (await wanted.probe()) === 'answers';
  await waitUntilReady(paths, part, record, isReady, { timeoutMs });
  return own === undefined;
}
