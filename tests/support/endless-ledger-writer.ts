import { setTimeout as wait } from 'node:timers/promises';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';

// Begins and completes calls until it is killed; prints the key of each call whose answer it was told is kept.
const [root = '', scope = ''] = process.argv.slice(2);
const LANES = 8;
const HANGING_CALLS = 3;

const ledger = await createLocalLedgerStore({ root, flushIntervalMs: 1 }).open(scope);

async function callForever(lane: number): Promise<void> {
  for (let call = 0; ; call += 1) {
    const key = `lane-${lane}-call-${call}`;
    await ledger.begin(key);
    await wait(1);
    await ledger.complete(key, { text: `answer of ${key}` });
    process.stdout.write(`${key}\n`);
  }
}

for (let call = 0; call < HANGING_CALLS; call += 1) await ledger.begin(`hanging-${call}`);
await Promise.all(Array.from({ length: LANES }, (_, lane) => callForever(lane)));
