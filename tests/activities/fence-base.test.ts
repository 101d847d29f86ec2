// Locks that a run without whole weights takes no answer from those that another run has put in place of the base model.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { OpenedRun } from '../../domain/run.ts';
import { failureFrom, makePrompt, startActivityBench } from '../support/activity-bench.ts';

const FOREIGN = 'other-v1-aaaaaaaa@aaaaaaaaaaaaaaaa#00000000';
const ADAPTER = { adapterHash: 'b'.repeat(64), adapterPath: '/adapters/1' };

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let opened: OpenedRun;
let onChat: () => void;

/** A bench whose server takes whole weights, or does not. */
async function start(takesWeights: boolean): Promise<void> {
  onChat = () => undefined;
  bench = await startActivityBench(
    { answer: () => 'words', ...(takesWeights ? { nameWeights: () => 'other' } : {}) },
    ({ path }) => {
      if (path === '/v1/chat/completions') onChat();
      return undefined;
    },
  );
  await bench.writePrompts('train', [makePrompt('a', 'Tell me about rain')]);
  await bench.writePrompts('held-out', [makePrompt('b', 'Tell me about bread')]);
  opened = await bench.open({ shards: { rows: 1 } });
}

const hold = (label: string): void => {
  Object.assign(bench.server.held ?? {}, { label, path: '/checkpoints/other' });
};

const sample = (policy: PolicyVersion = opened.basePolicy) =>
  bench.respond({ run: bench.run, stage: 'sample', round: 1, shard: 0, policy });

const looks = (): number => bench.server.requests.filter(({ path }) => path === '/weight_info').length;

describe('a server that takes whole weights', () => {
  beforeEach(() => start(true));
  afterEach(() => bench.close());

  it.each([
    ['the base model', () => opened.basePolicy],
    ['an adapter', () => ({ ...opened.basePolicy, round: 1, servedModel: 'test-v1', ...ADAPTER })],
  ])('is asked nothing of %s while it holds those of another run', async (_what, policy) => {
    hold(FOREIGN);
    const since = bench.server.requests.length;
    const failure = await failureFrom(sample(policy()));
    expect(failure).toMatchObject({ type: 'adapter/not-loaded', nonRetryable: false });
    expect(failure.message).toContain(`The server holds "${FOREIGN}", whole weights that another run has put in place`);
    expect(bench.server.requests.slice(since).map(({ path }) => path)).toEqual(['/weight_info']);
  });

  it('is asked while its base model is back in place', async () => {
    hold('base:base#00000001');
    await sample();
    expect(bench.chatCalls()).toHaveLength(2);
  });

  it('has its answer thrown away when they came in between: the ledger asks again', async () => {
    onChat = () => hold(FOREIGN);
    const failure = await failureFrom(sample());
    expect(failure).toMatchObject({ type: 'adapter/not-loaded', nonRetryable: false });
    onChat = () => undefined;
    hold('default');
    const before = bench.chatCalls().length;
    await sample();
    expect(bench.chatCalls()).toHaveLength(before + 2);
  });
});

describe('a server that takes none', () => {
  beforeEach(() => start(false));
  afterEach(() => bench.close());

  it('is looked at once a batch and asked as ever', async () => {
    const before = looks();
    await sample();
    expect(looks()).toBe(before + 1);
    expect(bench.chatCalls()).toHaveLength(2);
  });
});
