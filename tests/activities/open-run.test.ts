// Locks that everything which can be known to be wrong is said before a single call is paid for.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureFrom, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';

let bench: Awaited<ReturnType<typeof startActivityBench>>;

beforeEach(async () => {
  bench = await startActivityBench({ answer: () => 'never asked for', maxModelLen: 200 });
  await bench.writePrompts('train', [makePrompt('a', 'Tell me about rain'), makePrompt('b', 'Tell me about bread')]);
  await bench.writePrompts('held-out', [makePrompt('c', 'Tell me about dogs')]);
});
afterEach(async () => {
  expect(bench.chatCalls()).toEqual([]);
  await bench.close();
});

describe('openRun', () => {
  it('records config and prompts and says what the run starts from', async () => {
    expect(await bench.open({ shards: { rows: 1 } })).toEqual({
      basePolicy: { round: 0, servedModel: 'base', adapterHash: null, adapterPath: null },
      sets: { train: { shards: 2, rows: 2 }, 'held-out': { shards: 1, rows: 1 } },
      measurable: true,
    });
    expect(await bench.store.list('test')).toEqual([
      'test/config/0000000000000000',
      'test/data/held-out/prompts/shard-000',
      'test/data/train/prompts/shard-000',
      'test/data/train/prompts/shard-001',
      'test/identity',
      'test/round-001/sample/prompts/shard-000',
      'test/round-001/sample/prompts/shard-001',
    ]);
  });

  it('refuses a server that nobody answers for, as something that may pass', async () => {
    const gone = await startScriptedModelServer({});
    await gone.close();
    const failure = await failureFrom(
      bench.open({ policy: { baseUrl: gone.baseUrl, model: 'base', modelPath: 'models/base' } }),
    );
    expect(failure).toMatchObject({ type: 'model-server/unavailable', nonRetryable: false });
    expect(failure.message).toBe(
      `${new URL(gone.baseUrl).host}/health could not be called: ECONNREFUSED. Check that the server runs and that the address is right.`,
    );
  });

  it('refuses a model that is not served and names those that are', async () => {
    const { baseUrl } = bench.server;
    const failure = await failureFrom(bench.open({ policy: { baseUrl, model: 'other', modelPath: 'models/base' } }));
    expect(failure).toMatchObject({ type: 'model-server/unknown-model', nonRetryable: true });
    expect(failure.message).toBe(
      `${baseUrl} does not serve policy.model "other"; it serves "base": correct the name or the server.`,
    );
  });

  it('refuses completions that do not fit the context beside the longest prompt', async () => {
    const failure = await failureFrom(bench.open({ sampling: { maxTokens: 197 } }));
    expect(failure).toMatchObject({ type: 'model-server/context-too-small', nonRetryable: true });
    expect(failure.message).toBe(
      `Prompt "b" has 4 tokens and maxTokens is 197, more than the 200 tokens of context that ${bench.server.baseUrl} serves: lower maxTokens, shorten the prompt or serve a longer context.`,
    );
    await bench.open({ sampling: { maxTokens: 196 } });
  });

  it('refuses a held-out prompt that is trained on under another id', async () => {
    await bench.writePrompts('held-out', [makePrompt('c', 'Tell me about bread')]);
    const failure = await failureFrom(bench.open());
    expect(failure).toMatchObject({ type: 'data/held-out-overlap', nonRetryable: true });
    expect(failure.message).toBe(
      `Prompt "c" of ${bench.pathOf('held-out')} is also "b" of ${bench.pathOf('train')}: a held-out prompt must not be trained on; remove one of them.`,
    );
  });

  it.each([
    [
      'a wrong field',
      JSON.stringify({ ...makePrompt('b', 'hi'), checklist: [{ question: ' ' }] }),
      'data/invalid-row',
      ':2, field checklist.0.question: must not be blank.',
    ],
    [
      'an unknown verifier argument',
      JSON.stringify({
        ...makePrompt('b', 'hi'),
        checklist: [{ question: 'q', verifier: { kind: 'bullet_list', args: { count: 0 } } }],
      }),
      'data/invalid-row',
      ':2, field checklist.0.verifier.args.count: ',
    ],
    ['a torn line', '{"promptId":', 'data/invalid-row', ':2 is not JSON: '],
    [
      'an id used before',
      JSON.stringify(makePrompt('a', 'hi')),
      'data/duplicate-prompt',
      ':2 repeats promptId "a" of line 1: ids must be unique.',
    ],
  ])('names file, line and field of %s in a prompt file', async (_mistake, line, type, message) => {
    await bench.writeLines('train', [JSON.stringify(makePrompt('a', 'Tell me about rain')), line]);
    const failure = await failureFrom(bench.open());
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure.message.startsWith(`${bench.pathOf('train')}${message}`), failure.message).toBe(true);
  });

  it('refuses a prompt file that is not there', async () => {
    const failure = await failureFrom(bench.open({ data: { train: bench.pathOf('none'), heldOut: 'x' } }));
    expect(failure).toMatchObject({ type: 'data/unreadable', nonRetryable: true });
    expect(failure.message).toBe(
      `The prompt file ${bench.pathOf('none')} can't be read (ENOENT): check data.train and data.heldOut.`,
    );
  });

  it('refuses an item that nobody can decide', async () => {
    await bench.writePrompts('held-out', [
      makePrompt('c', 'Tell me about dogs', { checklist: [{ question: 'Is it polite?' }] }),
    ]);
    const failure = await failureFrom(bench.open());
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toBe(
      'Prompt "c" has an item without a verifier and the config has no judge: add a verifier to the item or a judge section.',
    );
  });

  it('refuses to train from a folder without a checkpoint', async () => {
    const failure = await failureFrom(bench.open({ training: {} }));
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toContain('policy.modelPath has no checkpoint');
  });

  it('refuses a key variable that the environment lacks', async () => {
    const { baseUrl } = bench.server;
    const failure = await failureFrom(
      bench.open({ policy: { baseUrl, model: 'base', modelPath: 'models/base', apiKeyEnv: 'NO_SUCH_KEY' } }),
    );
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(bench.server.requests).toEqual([]);
  });

  it('refuses a name that stands for other results and names what differs', async () => {
    await bench.open();
    const failure = await failureFrom(bench.open({ seed: 2, sampling: { temperature: 0.5 } }));
    expect(failure).toMatchObject({ type: 'config/run-exists', nonRetryable: true });
    expect(failure.message).toBe(
      'Run "test" exists with other settings (config.seed, config.sampling.temperature, config.sampling.samplesPerPrompt, config.sampling.samplesPerCall): choose another --name, or undo the change to go on with it.',
    );
  });

  it('goes on under the same name with other settings of how it is kept going', async () => {
    const first = await bench.open({ training: null });
    const changes = {
      selection: { whenEmpty: 'skip' as const },
      limits: { maxFailedShare: 0.5 },
      publish: { tolerance: 0.5 },
    };
    expect(await bench.open({ training: null, ...changes })).toEqual(first);
    const failure = await failureFrom(bench.open({ training: null, ...changes, selection: { minMargin: 0.5 } }));
    expect(failure.message).toContain('(config.selection.minMargin)');
  });

  it('refuses a name whose prompts have changed since', async () => {
    await bench.open();
    await bench.writePrompts('train', [makePrompt('a', 'Tell me about snow')]);
    const failure = await failureFrom(bench.open());
    expect(failure.message).toBe(
      'Run "test" exists with other settings (train): choose another --name, or undo the change to go on with it.',
    );
  });

  it('goes on under the same name with more rounds and more at once', async () => {
    const first = await bench.open();
    expect(await bench.open({ rounds: 5, shards: { inFlight: 8 } })).toEqual(first);
  });

  it('refuses to start with less free space than asked for', async () => {
    const failure = await failureFrom(bench.open({ store: { minFreeMb: 10 ** 12 } }));
    expect(failure).toMatchObject({ type: 'artifact/no-space', nonRetryable: true });
    expect(failure.message).toContain('MiB free and store.minFreeMb asks for 1000000000000: ');
    expect(bench.server.requests).toEqual([]);
  });
});
