// Locks whose whole weights a server may hold, and what the base model has to be, when a run that trains whole weights is opened.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureFrom, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import { writeCheckpoint, type CheckpointChanges } from '../support/write-checkpoint.ts';

let bench: Awaited<ReturnType<typeof startActivityBench>>;

const base = (): string => join(bench.folder, 'model');

async function openOver(label: string, changes?: CheckpointChanges) {
  Object.assign(bench.server.held ?? {}, { label });
  await writeCheckpoint(base(), changes);
  return bench.open({
    policy: { baseUrl: bench.server.baseUrl, model: 'base', modelPath: base(), callsInFlight: 1 },
    training: { method: 'dpo', weights: 'full' },
  });
}

beforeEach(async () => {
  bench = await startActivityBench({ answer: () => 'never asked for', nameWeights: () => 'base' });
  await bench.writePrompts('train', [makePrompt('a', 'Tell me about rain')]);
  await bench.writePrompts('held-out', [makePrompt('b', 'Tell me about bread')]);
});
afterEach(() => bench.close());

describe('opening a run of whole weights', () => {
  it.each([
    ['what the server was started with', 'default'],
    ['a base model that was loaded again', 'base:base#00000000'],
    ['its own version', 'test-v3-aaaaaaaa@aaaaaaaaaaaaaaaa#00000000'],
    ['a change that died half-way', 'changing to test-v3-aaaaaaaa@aaaaaaaaaaaaaaaa#00000000'],
    ['a version of its own that was refused', 'refused test-v3-aaaaaaaa@aaaaaaaaaaaaaaaa'],
    ['a base model on its way back', 'changing to base:base#00000000'],
  ])('goes on from %s', async (_what, label) => {
    expect(await openOver(label)).toMatchObject({ basePolicy: { servedModel: 'base' } });
  });

  it.each([
    ['another run', 'other-v1-aaaaaaaa@aaaaaaaaaaaaaaaa#00000000'],
    ['a run whose name begins like its own', 'test-v2-v1-aaaaaaaa@aaaaaaaaaaaaaaaa#00000000'],
    ['another run that is loading', 'changing to other-v1-aaaaaaaa@aaaaaaaaaaaaaaaa#00000000'],
    ['somebody who labels in another way', 'mine'],
  ])('is refused by a server that holds those of %s', async (_what, label) => {
    const failure = await failureFrom(openOver(label));
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toBe(
      `${bench.server.baseUrl} holds the weights "${label}" of a run that trained whole weights, under the name of its base model: restart that server (here: tickloop down, then tickloop up), or name another.`,
    );
  });

  it.each([
    ['a file that was cut', { cutBytes: 4 }, 'model.safetensors can'],
    ['no tensor', { tensors: {}, cutBytes: 8 }, 'model.safetensors can'],
  ])('is refused before anything is paid with a base model of %s', async (_what, changes, why) => {
    const failure = await failureFrom(openOver('default', changes));
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toContain("policy.modelPath can't be what whole weights are compared with");
    expect(failure.message).toContain(why);
    expect(bench.chatCalls()).toEqual([]);
  });
});
