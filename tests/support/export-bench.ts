import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExportDatasetActivities, type ExportInput } from '../../activities/datasets/export-dataset.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { configArtifactName, createRunServicesProvider } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { RunRef } from '../../domain/run.ts';
import { inActivity } from './activity-bench.ts';
import { makeRunConfig } from './make-run-config.ts';

/** The real export over a run "made" in a local store; the folder holds that store and what is exported. */
export async function startExportBench() {
  const folder = await mkdtemp(join(tmpdir(), 'tickloop-export-'));
  const run: RunRef = { runName: 'made', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  const provider = createRunServicesProvider({});
  const store = createLocalArtifactStore({ root: run.storeRoot });
  const bench = {
    folder,
    run,
    store,
    put: (name: string, rows: readonly object[], policy: string | null = null) =>
      store.write({
        name,
        schema: 'test',
        step: 'test',
        parents: [],
        configHash: run.configHash,
        policy,
        shards: [rows],
        summary: {},
      }),
    exportTo(name: string, changes: Partial<ExportInput> = {}) {
      const { exportDataset } = withTranslatedErrors(createExportDatasetActivities(provider));
      const target = join(folder, name);
      const input = { run, artifact: 'dataset', format: 'hf', folder: target, licence: null, replace: false } as const;
      return inActivity(() => exportDataset({ ...input, ...changes }));
    },
    read: (name: string) => readFile(join(folder, name), 'utf8'),
    /** Names in the folder, or in one below it, in order. */
    names: async (name = '.') => (await readdir(join(folder, name))).toSorted(),
    async close(): Promise<void> {
      await provider.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await bench.put(configArtifactName(run), [{ config: makeRunConfig() }]);
  return bench;
}

export type ExportBench = Awaited<ReturnType<typeof startExportBench>>;
