import type { BootstrapOptions } from '../../../domain/bootstrap.ts';
import type { ArtifactStore } from '../../../clients/artifact-store.ts';
import type { JsonValue } from '../../../domain/canonical-json.ts';
import { ArtifactError } from '../../../domain/errors.ts';
import { createLineage, type Lineage } from '../../../domain/report/lineage.ts';
import type { ReportBase } from '../../../domain/report/report-base.ts';
import type { RunRef } from '../../../domain/run.ts';
import { refOf } from '../../artifacts/read-artifact.ts';
import type { RunServices } from '../../run-services.ts';

/** What is known of how a run went when its report is asked for. */
export interface WriteReportInput {
  readonly run: RunRef;
  readonly status: ReportBase['status'];
  readonly statusReason: string | null;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Milliseconds since 1970, of a run that has ended; now without it. */
  readonly finishedAtMs?: number | undefined;
}

/** What the report of every loop starts from. */
export interface ReportFrame {
  readonly base: Omit<ReportBase, 'calls'>;
  /** Names of all artifacts of the run. */
  readonly names: readonly string[];
  readonly bootstrap: BootstrapOptions;
}

/** Reads what all loops report alike: the config, the times, the artifacts. */
export async function readReportFrame(
  { store, config }: RunServices,
  { run, status, statusReason, startedAtMs, finishedAtMs = Date.now() }: WriteReportInput,
): Promise<ReportFrame> {
  const { resamples, confidence } = config.evaluation;
  const names = await store.list(`${run.runName}/`);
  return {
    names,
    bootstrap: { resamples, confidence, seed: config.seed },
    base: {
      formatVersion: 1,
      runName: run.runName,
      status,
      statusReason,
      config: JSON.parse(JSON.stringify(config)) as JsonValue,
      configHash: run.configHash,
      seed: config.seed,
      confidence,
      timing: {
        startedAt: new Date(startedAtMs).toISOString(),
        finishedAt: new Date(finishedAtMs).toISOString(),
        seconds: (finishedAtMs - startedAtMs) / 1000,
      },
      ...(await readLineage(store, names)),
    },
  };
}

/** From the manifests alone, one after the other: a long run has more rows than memory, and more files than may be open. */
async function readLineage(store: ArtifactStore, names: readonly string[]): Promise<Lineage> {
  const lineage = createLineage();
  for (const name of names) {
    const manifest = await store.find(name);
    if (manifest === undefined)
      throw new ArtifactError('artifact/missing', `The store has no whole artifact "${name}".`);
    lineage.add({ ...refOf(manifest), step: manifest.step });
  }
  return lineage.result();
}
