import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallLedger, LedgerStore } from '../../clients/call-ledger.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';

const SCOPE = 'run/round-001/respond/shard-000';

let root: string;
let store: LedgerStore;
let opened: CallLedger[];

const folder = (): string => join(root, 'ledger', SCOPE);

async function fileHandlePrototype(): Promise<FileHandle> {
  const handle = await open(join(root, 'probe'), 'w');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

async function onlySegment(): Promise<string> {
  const [name = '', ...others] = await readdir(folder());
  expect(others).toEqual([]);
  return join(folder(), name);
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tickloop-ledger-'));
  opened = [];
  const local = createLocalLedgerStore({ root, flushIntervalMs: 1 });
  store = {
    open: async (scope) => {
      const ledger = await local.open(scope);
      opened.push(ledger);
      return ledger;
    },
    countsBelow: (prefix) => local.countsBelow(prefix),
  };
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const ledger of opened) await ledger.close();
  await rm(root, { recursive: true, force: true });
});

describe('one ledger', () => {
  it('keeps answers and counts for whoever opens the scope next', async () => {
    const ledger = await store.open(SCOPE);
    for (const key of ['a', 'b', 'c']) await ledger.begin(key);
    await ledger.complete('a', { text: 'zażółć\n', logprob: -0.5 });
    await ledger.fail('b', 'model-server/timeout');
    expect(ledger.get('a')).toEqual({ text: 'zażółć\n', logprob: -0.5 });
    expect(ledger.counts()).toEqual({ sent: 3, answered: 1, failed: 1, lost: 0, tornLines: 0 });
    await ledger.close();

    const next = await store.open(SCOPE);
    expect(next.get('a')).toEqual({ text: 'zażółć\n', logprob: -0.5 });
    expect(next.get('b')).toBeUndefined();
    expect(next.counts()).toEqual({ sent: 3, answered: 1, failed: 1, lost: 1, tornLines: 0 });
  });

  it('writes the three kinds of lines to one file', async () => {
    const ledger = await store.open(SCOPE);
    await ledger.begin('a');
    await ledger.complete('a', { y: 1, x: 2 });
    await ledger.fail('b', 'model-server/timeout');
    await ledger.close();
    expect(await readFile(await onlySegment(), 'utf8')).toMatch(
      /^\{"k":"a","s":1\}\n\{"k":"a","a":\{"x":2,"y":1\},"h":"[0-9a-f]{12}"\}\n\{"k":"b","f":"model-server\/timeout"\}\n$/,
    );
  });

  it('makes no file before the first write', async () => {
    await (await store.open(SCOPE)).close();
    expect(await readdir(root)).toEqual([]);
  });

  it('counts a call that was lost and then sent again', async () => {
    const crashed = await store.open(SCOPE);
    await crashed.begin('a');
    await crashed.close();
    const next = await store.open(SCOPE);
    await next.begin('a');
    await next.complete('a', 'answer');
    expect(next.counts()).toEqual({ sent: 2, answered: 1, failed: 0, lost: 1, tornLines: 0 });
  });

  it('refuses writes after it was closed', async () => {
    const ledger = await store.open(SCOPE);
    await ledger.close();
    await expect(ledger.begin('a')).rejects.toMatchObject({ code: 'artifact/unwritable' });
  });

  it('refuses scopes that lead elsewhere', async () => {
    await expect(store.open('../elsewhere')).rejects.toMatchObject({ code: 'artifact/unwritable' });
    await expect(store.countsBelow('a/../..')).rejects.toMatchObject({ code: 'artifact/unwritable' });
  });
});

describe('groups', () => {
  it('puts many completions on disk with few writes', async () => {
    const ledger = await store.open(SCOPE);
    await ledger.begin('first');
    const prototype = await fileHandlePrototype();
    const write = vi.spyOn(prototype, 'write');
    const datasync = vi.spyOn(prototype, 'datasync');
    const keys = Array.from({ length: 500 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => ledger.complete(key, { key })));
    // The 64th goes out at once with those before it, and the others while that write lasts.
    expect([write.mock.calls.length, datasync.mock.calls.length]).toEqual([2, 2]);
    const next = await store.open(SCOPE);
    expect(keys.filter((key) => next.get(key) === undefined)).toEqual([]);
  });

  it('hands start marks over without waiting for the disk', async () => {
    const datasync = vi.spyOn(await fileHandlePrototype(), 'datasync');
    const ledger = await store.open(SCOPE);
    await ledger.begin('a');
    expect(datasync.mock.calls.length).toBe(0);
    expect(await readFile(await onlySegment(), 'utf8')).toBe('{"k":"a","s":1}\n');
  });

  it('writes what waits when it is closed', async () => {
    const ledger = await createLocalLedgerStore({ root, flushIntervalMs: 60_000 }).open(SCOPE);
    const begun = ledger.begin('a');
    await ledger.close();
    await begun;
    expect((await store.open(SCOPE)).counts().sent).toBe(1);
  });
});

describe('damage', () => {
  it('costs only the torn last line', async () => {
    const ledger = await store.open(SCOPE);
    await ledger.complete('a', 1);
    await ledger.close();
    await appendFile(await onlySegment(), '{"k":"b","a":{"te');
    const next = await store.open(SCOPE);
    expect([next.get('a'), next.get('b'), next.counts().tornLines]).toEqual([1, undefined, 1]);
    await next.complete('b', 2);
    const last = await store.open(SCOPE);
    expect([last.get('a'), last.get('b'), last.counts().tornLines]).toEqual([1, 2, 1]);
  });

  it('costs only the damaged lines in the middle', async () => {
    await mkdir(folder(), { recursive: true });
    const lines = [
      '{"k":"a","s":1}',
      '\0\0\0',
      'null',
      '{"k":"a","a":"changed","h":"000000000000"}',
      '{"k":"b","s":1}',
    ];
    await writeFile(join(folder(), '2025-01-01T00-00-00-000Z-1-x.jsonl'), `${lines.join('\n')}\n`);
    const ledger = await store.open(SCOPE);
    expect(ledger.get('a')).toBeUndefined();
    expect(ledger.counts()).toEqual({ sent: 2, answered: 0, failed: 0, lost: 2, tornLines: 3 });
  });

  it('of a failed write is told to its callers, and the next write goes to a new file', async () => {
    const ledger = await store.open(SCOPE);
    await ledger.begin('a');
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    vi.spyOn(await fileHandlePrototype(), 'write').mockRejectedValueOnce(full);
    await expect(ledger.complete('a', 1)).rejects.toMatchObject({ code: 'artifact/no-space' });
    expect(ledger.get('a')).toBeUndefined();
    expect(ledger.counts().lost).toBe(1);
    await ledger.begin('a');
    await ledger.complete('a', 2);
    expect((await readdir(folder())).length).toBe(2);
    expect((await store.open(SCOPE)).get('a')).toBe(2);
  });

  it('is called unwritable when a file is where the folder should be, until it is gone', async () => {
    const ledger = await store.open(SCOPE);
    await mkdir(dirname(folder()), { recursive: true });
    await writeFile(folder(), '');
    await expect(ledger.begin('a')).rejects.toMatchObject({ code: 'artifact/unwritable' });
    expect(ledger.counts().sent).toBe(0);
    await rm(folder());
    await ledger.begin('a');
    expect(ledger.counts().sent).toBe(1);
  });
});

describe('several writers', () => {
  it('agree on the answer of the oldest file', async () => {
    const [first, second] = [await store.open(SCOPE), await store.open(SCOPE)];
    await first.begin('a');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await second.begin('a');
    await first.complete('a', 'first');
    await second.complete('a', 'second');
    await first.complete('a', 'later');
    for (let reader = 0; reader < 3; reader += 1) expect((await store.open(SCOPE)).get('a')).toBe('first');
  });

  it('are summed below a prefix, and calls in flight are not lost', async () => {
    const [open, closed, other] = [
      await store.open('run/a/x'),
      await store.open('run/a/y'),
      await store.open('running'),
    ];
    await open.begin('k');
    await closed.begin('k');
    await closed.begin('l');
    await closed.complete('l', 1);
    await other.begin('k');
    await closed.close();
    expect(await store.countsBelow('run/')).toEqual({ sent: 3, answered: 1, failed: 0, lost: 1, tornLines: 0 });
    await open.close();
    expect(await store.countsBelow('run')).toEqual({ sent: 3, answered: 1, failed: 0, lost: 2, tornLines: 0 });
    expect((await store.countsBelow('')).sent).toBe(4);
    expect((await store.countsBelow('none')).sent).toBe(0);
  });
});

describe('a killed process', () => {
  it('loses no completed answer, and its calls in flight count as lost', { timeout: 30_000 }, async () => {
    const script = join(import.meta.dirname, '..', 'support', 'endless-ledger-writer.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, root, SCOPE], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const completed: string[] = [];
    for await (const key of createInterface({ input: child.stdout })) {
      completed.push(key);
      if (completed.length === 300) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');

    const ledger = await store.open(SCOPE);
    // The very last line on the pipe may be cut by the kill; every whole key was printed after its answer was kept.
    const whole = completed.filter((key) => /^lane-\d+-call-\d+$/.test(key)).slice(0, 300);
    expect(whole.length).toBe(300);
    expect(whole.filter((key) => ledger.get(key) === undefined)).toEqual([]);
    expect(ledger.get('lane-0-call-0')).toEqual({ text: 'answer of lane-0-call-0' });
    const { sent, answered, failed, lost } = ledger.counts();
    expect([failed, lost]).toEqual([0, sent - answered]);
    // Three calls never end, and at most one of each of the eight lanes is in flight.
    expect(lost).toBeGreaterThanOrEqual(3);
    expect(lost).toBeLessThanOrEqual(11);
  });
});
