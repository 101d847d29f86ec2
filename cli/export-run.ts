import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, type Client } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import type { RunConfig } from '../configs/schema/run-config.ts';
import type { ExportArtifact, ExportFormat } from '../domain/dataset-export/export-plan.ts';
import { ConfigError, StackError } from '../domain/errors.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { exportWorkflow, ExportWorkflowInput } from '../workflows/export.ts';
import type { Output } from './output.ts';
import type { PlaceFlags } from './place-command.ts';
import { describeRun, withClient } from './runs.ts';

const LONGEST_MINUTES = 30;
const LONGEST_MS = LONGEST_MINUTES * 60_000;
/** An export of thousands of rows takes a few seconds. */
const SAY_AFTER_MS = 10_000;

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
    const run = { runName, storeRoot, configHash };
    const folder = resolve(to);
    const result = await execute(client, { run, artifact, format, folder, licence, replace: force, taskQueue }, output);
    const beside = result.preferences === 0 ? '' : `, and ${result.preferences} preferences beside them`;
    output.line(`${result.rows} rows${beside}: ${result.files.length} files in ${result.folder}`);
    for (const left of result.leftBehind) {
      output.line(
        `${left} is of an export that was broken off, and may hold the one that it was to replace: remove it if nothing needs it.`,
      );
    }
    if (format === 'hf' && licence === null) output.line('No licence is on the card: give one with --licence.');
    output.object({ runName, format, artifact, licence, ...result });
    return 0;
  });
}

/** @throws ConfigError `config/unusable` while the same is being exported to the same folder, StackError `stack/not-running` */
async function execute(client: Client, input: ExportWorkflowInput, output: Output): ReturnType<typeof exportWorkflow> {
  const { run, artifact, format, folder, taskQueue } = input;
  const place = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const queues = taskQueues(taskQueue);
  const handle = await client.workflow
    .start<typeof exportWorkflow>('exportWorkflow', {
      workflowId: `export/${run.runName}/${artifact}/${format}/${place}`,
      taskQueue: queues.workflow,
      args: [input],
      workflowExecutionTimeout: LONGEST_MS,
    })
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      throw new ConfigError(
        'config/unusable',
        `The ${artifact} of run "${run.runName}" ${artifact === 'dataset' ? 'is' : 'are'} being exported to ${folder} already, by another command or one that was broken off: wait until that has ended, ${LONGEST_MINUTES} minutes after its start at the latest, or export to another folder.`,
        { cause: error },
      );
    });
  const waiting = setTimeout(() => {
    output.line(
      `The export waits for a worker of ${queues.workflow} and ${queues.model}, or for one to finish it; \`tickloop up\` starts one here. Ctrl-C lets go of the terminal alone: what waits is written once a worker is there within ${LONGEST_MINUTES} minutes.`,
    );
  }, SAY_AFTER_MS);
  try {
    return await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError && error.cause instanceof TimeoutFailure)) throw error;
    throw new StackError(
      'stack/not-running',
      `The export was given up after ${LONGEST_MINUTES} minutes: see whether a worker of ${queues.workflow} and ${queues.model} is up (tickloop up) and what its log says, then export again.`,
      { cause: error },
    );
  } finally {
    clearTimeout(waiting);
  }
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
