import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { RunConfig } from '../configs/schema/run-config.ts';
import type { RunProgress } from '../domain/run-progress.ts';
import { LOOP_WORKFLOWS } from './loop-workflows.ts';
import type { RunReport } from '../domain/report/run-report.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { pauseSignal, resumeSignal, stopSignal } from '../workflows/loop-control.ts';
import type { reportWorkflow } from '../workflows/report.ts';
import { collectProgress } from './collect-progress.ts';
import { stageText } from './progress-lines.ts';
import type { Output } from './output.ts';
import type { PlaceFlags } from './place-command.ts';
import { printResult } from './run.ts';
import { checkRunName, workflowIdOf } from './run-name.ts';
import { runState } from './run-state.ts';
import { connectTemporal } from './temporal-client.ts';
import { noSuchRun, watchRun } from './watch-run.ts';

/** Connects, and closes the connection after use. */
export async function withClient<Result>(
  options: PlaceFlags,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const session = await connectTemporal(options);
  try {
    return await use(session.client);
  } finally {
    await session.close();
  }
}

/** What Temporal knows of a run. @throws ConfigError when it knows none of that name */
export async function describeRun(client: Client, runName: string) {
  try {
    return await client.workflow.getHandle(workflowIdOf(checkRunName(runName))).describe();
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? noSuchRun(runName, error) : error;
  }
}

/**
 * When a run was started. A long run goes on in a fresh history now and then, and Temporal's own start is that of the last
 * of them.
 */
function startOf({ memo, startTime }: Pick<WorkflowExecutionInfo, 'memo' | 'startTime'>): Date {
  const startedAtMs = memo?.['startedAtMs'];
  return typeof startedAtMs === 'number' ? new Date(startedAtMs) : startTime;
}

const SIGNALS = { pause: pauseSignal, resume: resumeSignal, stop: stopSignal } as const;
const PROMISES = {
  pause: 'what is in the air is finished, then it waits',
  resume: 'it goes on',
  stop: 'it ends with a report; the same `tickloop run` goes on from there later',
} as const;

/** Pauses, resumes or stops a run; returns the exit code. */
export async function signalRun(
  kind: keyof typeof SIGNALS,
  runName: string,
  options: PlaceFlags,
  output: Output,
): Promise<number> {
  return withClient(options, async (client) => {
    const { status } = await describeRun(client, runName);
    const state = await runState(client, runName, status.name);
    if (state !== 'running') {
      output.error(`Run ${runName} is not running (${state}): nothing to ${kind}.`);
      return 1;
    }
    await client.workflow.getHandle(workflowIdOf(runName)).signal(SIGNALS[kind]);
    output.line(`${kind} was sent to run ${runName}: ${PROMISES[kind]}.`);
    output.object({ runName, sent: kind });
    return 0;
  });
}

/** Prints where a run is; returns the exit code. */
export async function showStatus(runName: string, options: PlaceFlags, output: Output): Promise<number> {
  return withClient(options, async (client) => {
    const found = await describeRun(client, runName);
    const { status, closeTime } = found;
    const startedAt = startOf(found).toISOString();
    const state = await runState(client, runName, status.name);
    const progress = state === 'running' ? await collectProgress(client, runName) : null;
    output.line(
      progress === null
        ? `Run ${runName}: ${state}, started ${startedAt}, ended ${closeTime?.toISOString() ?? 'unknown'}`
        : `Run ${runName}: ${describeProgress(progress)}`,
    );
    output.object({
      runName,
      state,
      startedAt,
      endedAt: closeTime?.toISOString() ?? null,
      progress,
    });
    return 0;
  });
}

function describeProgress(progress: RunProgress): string {
  const { status, round, rounds, stage, note } = progress;
  const counted = stageText(progress);
  return [
    status,
    ...(rounds === 0 ? [] : [`round ${round} of ${rounds}`]),
    stage,
    ...(counted === '' ? [] : [counted]),
    ...(note === null ? [] : [note]),
  ].join(', ');
}

/** Shows a run until it ends; returns the exit code. */
export async function watch(runName: string, options: PlaceFlags, output: Output): Promise<number> {
  return withClient(options, async (client) => {
    await describeRun(client, runName);
    return printResult(await watchRun(client, runName, output), output);
  });
}

/** Lists the runs that the server remembers; returns the exit code. */
export async function listRuns(options: PlaceFlags, output: Output): Promise<number> {
  return withClient(options, async (client) => {
    const runs = [];
    for await (const found of client.workflow.list({
      query: `WorkflowType IN (${Object.values(LOOP_WORKFLOWS)
        .map((name) => `"${name}"`)
        .join(', ')})`,
    })) {
      const { workflowId, status, closeTime } = found;
      const runName = workflowId.replace(/^run\//, '');
      runs.push({
        runName,
        state: await runState(client, runName, status.name),
        startedAt: startOf(found).toISOString(),
        endedAt: closeTime?.toISOString() ?? null,
      });
    }
    if (runs.length === 0) output.line('No runs yet. Start one: tickloop run configs/quickstart.yaml');
    for (const { runName, state, startedAt } of runs)
      output.line(`${runName.padEnd(32)} ${state.padEnd(12)} ${startedAt}`);
    output.object({ runs });
    return 0;
  });
}

function reportStatus(state: string): Pick<RunReport, 'status' | 'statusReason'> {
  if (state === 'done') return { status: 'done', statusReason: null };
  if (state === 'stopped') return { status: 'stopped', statusReason: 'the run was stopped' };
  if (state === 'running')
    return { status: 'stopped', statusReason: 'the report was asked for while the run was going on' };
  return { status: 'failed', statusReason: `the run ended as ${state}` };
}

/** Writes the report of a run from what its store holds now; returns the exit code. */
export async function report(runName: string, options: PlaceFlags, output: Output): Promise<number> {
  return withClient(options, async (client) => {
    const found = await describeRun(client, runName);
    const { memo, status, closeTime } = found;
    const state = await runState(client, runName, status.name);
    const { config, configHash, storeRoot } = memo as {
      readonly config: RunConfig;
      readonly configHash: string;
      readonly storeRoot: string;
    };
    const result = await client.workflow.execute<typeof reportWorkflow>('reportWorkflow', {
      workflowId: `report/${runName}`,
      taskQueue: taskQueues(config.temporal.taskQueue).workflow,
      args: [
        {
          run: { runName, storeRoot, configHash },
          config,
          ...reportStatus(state),
          startedAtMs: startOf(found).getTime(),
          finishedAtMs: closeTime?.getTime(),
        },
      ],
    });
    for (const line of result.summary) output.line(line);
    output.line(`Report: ${result.reportHtml}`);
    output.object(result);
    return 0;
  });
}
