import { join, resolve } from 'node:path';
import type { JsonValue } from '../domain/canonical-json.ts';
import type { CallLedger, LedgerCounts, LedgerStore } from './call-ledger.ts';
import { CallTally, type OpenCalls } from './local-ledger/call-tally.ts';
import { formatLedgerLine, type LedgerEntry } from './local-ledger/ledger-line.ts';
import { listScopeFolders, readSegments } from './local-ledger/read-segments.ts';
import { SegmentWriter, type SegmentWriterOptions } from './local-ledger/segment-writer.ts';
import { checkedName, checkedPrefix } from './local-store/checked-name.ts';
import { inFolder } from './local-store/file-errors.ts';

export interface LocalLedgerStoreOptions {
  /** Folder of the store, made at the first write; the ledgers lie in `ledger/` below it. */
  readonly root: string;
  /** The longest a line waits for others to be written with it; default 20. */
  readonly flushIntervalMs?: number;
  /** So many waiting lines are written at once; default 64. */
  readonly flushEntries?: number;
}

interface OpenLedger extends CallLedger {
  readonly folder: string;
  readonly inFlight: OpenCalls;
}

function addCalls(calls: Map<string, number>, key: string, change: 1 | -1): void {
  const left = (calls.get(key) ?? 0) + change;
  if (left > 0) calls.set(key, left);
  else calls.delete(key);
}

async function openLedger(options: SegmentWriterOptions, onClose: () => void): Promise<OpenLedger> {
  const { folder } = options;
  const answers = new Map<string, JsonValue>();
  const tally = new CallTally();
  const inFlight = new Map<string, number>();
  const writer = new SegmentWriter(options);

  const take = (entry: LedgerEntry): void => {
    tally.add(entry);
    if (entry.kind === 'answer' && !answers.has(entry.key)) answers.set(entry.key, entry.answer);
  };
  tally.addTornLines(await readSegments(folder, take));

  async function end(entry: LedgerEntry): Promise<void> {
    const line = formatLedgerLine(entry);
    try {
      await writer.append(line, entry.kind === 'answer');
      take(entry);
    } finally {
      addCalls(inFlight, entry.key, -1);
    }
  }

  return {
    folder,
    inFlight,
    get: (key) => answers.get(key),
    begin: async (key) => {
      const entry: LedgerEntry = { kind: 'start', key };
      addCalls(inFlight, key, 1);
      try {
        await writer.append(formatLedgerLine(entry), false);
        take(entry);
      } catch (error) {
        // The call is not sent, so it can't be lost.
        addCalls(inFlight, key, -1);
        throw error;
      }
    },
    complete: (key, answer) => end({ kind: 'answer', key, answer }),
    fail: (key, code) => end({ kind: 'failure', key, code }),
    counts: () => tally.counts(inFlight),
    close: async () => {
      await writer.close();
      onClose();
    },
  };
}

/** Calls in flight in any of these ledgers. */
function gatherInFlight(ledgers: Iterable<OpenLedger>, folder: string): Map<string, number> {
  const gathered = new Map<string, number>();
  for (const ledger of ledgers) {
    if (ledger.folder !== folder) continue;
    for (const [key, calls] of ledger.inFlight) gathered.set(key, (gathered.get(key) ?? 0) + calls);
  }
  return gathered;
}

function sumCounts(a: LedgerCounts, b: LedgerCounts): LedgerCounts {
  return {
    sent: a.sent + b.sent,
    answered: a.answered + b.answered,
    failed: a.failed + b.failed,
    lost: a.lost + b.lost,
    tornLines: a.tornLines + b.tornLines,
  };
}

/** Call ledgers in a local or shared folder, one file for each opened ledger; see `CallLedger` for what they promise. */
export function createLocalLedgerStore(options: LocalLedgerStoreOptions): LedgerStore {
  const { flushIntervalMs = 20, flushEntries = 64 } = options;
  const root = join(resolve(options.root), 'ledger');
  const openLedgers = new Set<OpenLedger>();

  async function countScope(folder: string): Promise<LedgerCounts> {
    const tally = new CallTally();
    // Looked at before and after, as calls begin and end while the files are read.
    const inFlight = gatherInFlight(openLedgers, folder);
    tally.addTornLines(await readSegments(folder, (entry) => tally.add(entry)));
    for (const [key, calls] of gatherInFlight(openLedgers, folder)) {
      inFlight.set(key, Math.max(calls, inFlight.get(key) ?? 0));
    }
    return tally.counts(inFlight);
  }

  return {
    open: (scope) =>
      inFolder(root, async () => {
        const folder = join(root, checkedName(scope));
        const ledger: OpenLedger = await openLedger({ folder, flushIntervalMs, flushEntries }, () => {
          openLedgers.delete(ledger);
        });
        openLedgers.add(ledger);
        return ledger;
      }),
    countsBelow: (prefix) =>
      inFolder(root, async () => {
        let sum: LedgerCounts = { sent: 0, answered: 0, failed: 0, lost: 0, tornLines: 0 };
        for (const folder of await listScopeFolders(join(root, checkedPrefix(prefix)))) {
          sum = sumCounts(sum, await countScope(folder));
        }
        return sum;
      }),
  };
}
