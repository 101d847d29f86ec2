import { resolve } from 'node:path';
import type { RunConfig } from '../configs/schema/run-config.ts';
import type { ExportArtifact, ExportFormat } from '../domain/dataset-export/export-plan.ts';
import { ConfigError } from '../domain/errors.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { exportWorkflow } from '../workflows/export.ts';
import type { Output } from './output.ts';
import type { PlaceFlags } from './place-command.ts';
import { describeRun, withClient } from './runs.ts';

export interface ExportFlags extends PlaceFlags {
  readonly format: ExportFormat;
  readonly artifact: ExportArtifact;
  readonly to: string;
  readonly licence?: string;
  readonly force?: boolean;
}

/** Writes what a run has made as files for others; returns the exit code. */
export async function exportRun(runName: string, flags: ExportFlags, output: Output): Promise<number> {
  const licence = flags.licence === undefined ? null : checkLicence(flags.licence);
  return withClient(flags, async (client) => {
    const { memo } = await describeRun(client, runName);
    const { config, configHash, storeRoot } = memo as {
      readonly config: RunConfig;
      readonly configHash: string;
      readonly storeRoot: string;
    };
    const { format, artifact, to, force = false } = flags;
    const { taskQueue } = config.temporal;
    const result = await client.workflow.execute<typeof exportWorkflow>('exportWorkflow', {
      workflowId: `export/${runName}/${artifact}/${format}`,
      taskQueue: taskQueues(taskQueue).workflow,
      args: [
        {
          run: { runName, storeRoot, configHash },
          artifact,
          format,
          folder: resolve(to),
          licence,
          replace: force,
          taskQueue,
        },
      ],
    });
    const beside = result.preferences === 0 ? '' : `, and ${result.preferences} preferences beside them`;
    output.line(`${result.rows} rows${beside}: ${result.files.length} files in ${result.folder}`);
    if (format === 'hf' && licence === null) output.line('No licence is on the card: give one with --licence.');
    output.object({ runName, format, artifact, licence, ...result });
    return 0;
  });
}

/** A licence as the hub writes it. @throws ConfigError `config/invalid` */
function checkLicence(licence: string): string {
  const id = licence.toLowerCase();
  if (/^[a-z0-9][a-z0-9.-]{0,63}$/.test(id)) return id;
  throw new ConfigError(
    'config/invalid',
    `--licence ${JSON.stringify(licence.slice(0, 80))}: give the id of a licence, such as apache-2.0, mit or cc-by-4.0.`,
  );
}
