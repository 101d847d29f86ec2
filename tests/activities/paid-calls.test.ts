// Locks that a call is paid for once: its answer is stored before it is used, and found instead of asked for.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import pLimit from 'p-limit';
import { finishWhatIsPaid, isRefused, payOnce } from '../../activities/calls/paid-calls.ts';
import type { CallLedger, LedgerStore } from '../../clients/call-ledger.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import { ModelServerError, PromptTooLongError } from '../../domain/errors.ts';

const SCOPE = 'run/round-001/sample/rollouts/shard-000';

let root: string;
let store: LedgerStore;
let ledger: CallLedger;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tickloop-paid-'));
  store = createLocalLedgerStore({ root, flushIntervalMs: 1 });
  ledger = await store.open(SCOPE);
});
afterEach(async () => {
  await ledger.close();
  await rm(root, { recursive: true, force: true });
});

/** What the next attempt finds. */
async function reopen(): Promise<void> {
  await ledger.close();
  ledger = await store.open(SCOPE);
}

const mustNotBeCalled = (): Promise<never> => Promise.reject(new Error('called again'));

describe('payOnce', () => {
  it('makes a call once and finds its answer ever after', async () => {
    expect(await payOnce(ledger, 'key', async () => ({ text: 'first' }))).toEqual({ text: 'first' });
    expect(await payOnce(ledger, 'key', mustNotBeCalled)).toEqual({ text: 'first' });
    await reopen();
    expect(await payOnce(ledger, 'key', mustNotBeCalled)).toEqual({ text: 'first' });
    expect(ledger.counts()).toEqual({ sent: 1, answered: 1, failed: 0, lost: 0, tornLines: 0 });
  });

  it('stores the refusal of a row as its answer and does not ask again', async () => {
    const refused = { refused: { code: 'model-server/prompt-too-long', message: 'too long' } };
    const answer = await payOnce(ledger, 'key', () => Promise.reject(new PromptTooLongError('too long')));
    expect(answer).toEqual(refused);
    expect(isRefused(answer)).toBe(true);
    await reopen();
    expect(await payOnce(ledger, 'key', mustNotBeCalled)).toEqual(refused);
    expect(ledger.counts()).toEqual({ sent: 1, answered: 1, failed: 0, lost: 0, tornLines: 0 });
  });

  it('marks a call that nobody answered as failed, throws its error and asks again next time', async () => {
    const error = new ModelServerError('unavailable', 'gone');
    await expect(payOnce(ledger, 'key', () => Promise.reject(error))).rejects.toBe(error);
    expect(ledger.counts()).toEqual({ sent: 1, answered: 0, failed: 1, lost: 0, tornLines: 0 });
    await reopen();
    expect(await payOnce(ledger, 'key', async () => ({ text: 'second' }))).toEqual({ text: 'second' });
    expect(ledger.counts()).toEqual({ sent: 2, answered: 1, failed: 1, lost: 0, tornLines: 0 });
  });
});

describe('equal calls at the same time', () => {
  it('are one call, whose answer all of them get', async () => {
    let sent = 0;
    const call = async () => {
      sent += 1;
      await sleep(5);
      return { score: sent };
    };
    const lane = pLimit(4);
    const answers = await Promise.all(Array.from({ length: 6 }, () => lane(() => payOnce(ledger, 'same', call))));
    expect(answers).toEqual(Array.from({ length: 6 }, () => ({ score: 1 })));
    expect(ledger.counts()).toEqual({ sent: 1, answered: 1, failed: 0, lost: 0, tornLines: 0 });
  });

  it('fail together, and are asked again next time', async () => {
    const error = new ModelServerError('unavailable', 'gone');
    const failing = () => payOnce(ledger, 'same', () => Promise.reject(error));
    expect((await Promise.allSettled([failing(), failing()])).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
    ]);
    expect(await payOnce(ledger, 'same', async () => ({ score: 2 }))).toEqual({ score: 2 });
    expect(ledger.counts()).toMatchObject({ sent: 2, failed: 1, answered: 1 });
  });
});

describe('finishWhatIsPaid', () => {
  const never = new AbortController().signal;

  it('returns results in the order of the tasks', async () => {
    const run = async (waitMs: number) => {
      await sleep(waitMs);
      return waitMs;
    };
    expect(await finishWhatIsPaid(pLimit(8), [15, 1, 5], run, never)).toEqual([15, 1, 5]);
  });

  it('waits for what is in the air and then throws the first error', async () => {
    const first = new ModelServerError('unavailable', 'first');
    const run = async (task: string) => {
      if (task === 'fails first') throw first;
      if (task === 'fails later') {
        await sleep(5);
        throw new ModelServerError('timeout', 'later');
      }
      return payOnce(ledger, task, async () => {
        await sleep(20);
        return { text: task };
      });
    };
    await expect(finishWhatIsPaid(pLimit(8), ['a', 'fails later', 'fails first', 'b'], run, never)).rejects.toBe(first);
    await reopen();
    expect([ledger.get('a'), ledger.get('b')]).toEqual([{ text: 'a' }, { text: 'b' }]);
  });

  it('starts no task after the first error', async () => {
    const started: number[] = [];
    const run = async (task: number) => {
      started.push(task);
      throw new ModelServerError('unavailable', 'gone');
    };
    await expect(finishWhatIsPaid(pLimit(1), [1, 2, 3], run, never)).rejects.toThrow('gone');
    expect(started).toEqual([1]);
  });

  it('throws the reason of a cancellation before any error', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const run = async () => {
      controller.abort(reason);
      throw new ModelServerError('unavailable', 'gone');
    };
    await expect(finishWhatIsPaid(pLimit(8), ['a'], run, controller.signal)).rejects.toBe(reason);
  });
});
