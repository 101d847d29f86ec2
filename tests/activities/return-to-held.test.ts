// Locks that a server which can't load what is needed next goes back to the version of the run that it held.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import { failureFrom, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import { writeCheckpoint } from '../support/write-checkpoint.ts';

const LABEL = 'test-v1-aaaaaaaa@aaaaaaaaaaaaaaaa';

let bench: Awaited<ReturnType<typeof startActivityBench>>;

beforeEach(async () => {
  bench = await startActivityBench({ answer: () => 'words', nameWeights: () => 'base' }, ({ path, body }) =>
    path === '/collective_rpc' && JSON.stringify(body).includes('/model"')
      ? { status: 500, body: { error: { message: 'no such shard' } } }
      : undefined,
  );
  await bench.writePrompts('train', [makePrompt('a', 'Tell me about rain')]);
  await bench.writePrompts('held-out', [makePrompt('b', 'Tell me about bread')]);
});
afterEach(() => bench.close());

it.each([
  ['goes back to the version that it held', LABEL, 'The previous weights are in service again.'],
  ['is left paused where the run knows no such version', LABEL.replaceAll('v1', 'v2'), 'without weights that anybody'],
])('%s', async (_what, label, outcome) => {
  const below = 'folders/test/checkpoints/round-1';
  const [base, path] = [join(bench.folder, 'model'), join(bench.run.storeRoot, below)];
  await writeCheckpoint(base);
  await writeCheckpoint(path);
  const opened = await bench.open({
    policy: { baseUrl: bench.server.baseUrl, model: 'base', modelPath: base, callsInFlight: 1 },
    training: { method: 'dpo', weights: 'full' },
  });
  // Recorded before the store was moved.
  const checkpoint = { name: 'test-v1-aaaaaaaa', hash: 'a'.repeat(64), path: join('/before/store', below) };
  const version: PolicyVersion = { ...opened.basePolicy, round: 1, checkpoint };
  await bench.store.write({
    name: 'test/round-001/policy',
    schema: 'policy-version',
    step: 'publish',
    parents: [],
    configHash: bench.run.configHash,
    policy: LABEL,
    shards: [[version]],
    summary: {},
  });
  Object.assign(bench.server.held ?? {}, { label: `${label}#00000000`, path });
  const task = { run: bench.run, stage: 'sample', round: 1, shard: 0, policy: opened.basePolicy } as const;
  const failure = await failureFrom(bench.respond(task));
  expect(failure).toMatchObject({ type: 'adapter/load-refused' });
  expect(failure.message).toContain(outcome);
  const isBack = label === LABEL;
  expect(bench.server.held).toMatchObject({ path, isPaused: !isBack });
  expect(bench.server.held?.label.startsWith(LABEL)).toBe(isBack);
});
