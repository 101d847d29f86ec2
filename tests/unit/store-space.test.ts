// Locks that a run keeps store.minFreeMb free after its start too.
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { makeRunConfig } from '../support/make-run-config.ts';

it('writes no artifact when less is free than the config asks for', async () => {
  const provider = createRunServicesProvider({});
  const run = { runName: 'test', storeRoot: tmpdir(), configHash: '0'.repeat(64) };
  const { store } = provider.fromConfig(run, makeRunConfig({ store: { minFreeMb: 10 ** 12 } }));
  const lineage = { step: 'test', parents: [], configHash: run.configHash, policy: null };
  const writing = store.write({ ...lineage, name: 'test/space', schema: 'test', shards: [[{}]], summary: {} });
  await expect(writing).rejects.toMatchObject({
    code: 'artifact/no-space',
    details: { minFreeBytes: 10 ** 12 * 2 ** 20 },
  });
  await provider.close();
});
