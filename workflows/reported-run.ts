import { CancellationScope, ContinueAsNew, isCancellation, setHandler } from '@temporalio/workflow';
import type { RunConfig } from '../configs/schema/run-config.ts';
import type { BestVersion, RunResult } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { stopSignal, type LoopControl } from './loop-control.ts';
import type { LoopInput } from './loop-input.ts';

/** How the work of a run came out. */
export interface WorkOutcome {
  /** Why it ended before its time, by its own rules. */
  readonly reason: string | null;
  readonly best?: BestVersion;
}

/**
 * Does the work of a run and writes its report, however it ends: done, stopped by request, or failed. A failure is thrown
 * on after its report.
 */
export async function runToReport(
  { run, config, startedAtMs }: LoopInput<RunConfig>,
  control: LoopControl,
  work: () => Promise<void>,
  outcome: () => WorkOutcome = () => ({ reason: null }),
): Promise<RunResult> {
  const { writeReport } = modelActivities(config.temporal.taskQueue);
  const report = (status: 'done' | 'stopped' | 'failed', statusReason: string | null) =>
    writeReport({ run, status, statusReason, startedAtMs });
  const finish = async (status: 'done' | 'stopped', reason: string | null): Promise<RunResult> => {
    control.report({ stage: 'report' });
    const written = await report(status, reason);
    control.report({ stage: 'done' });
    const { best } = outcome();
    return { runName: run.runName, status, ...written, ...(best === undefined ? {} : { best }) };
  };

  const scope = new CancellationScope();
  setHandler(stopSignal, () => {
    control.report({ stopping: true });
    scope.cancel();
  });
  try {
    await scope.run(work);
  } catch (error) {
    return CancellationScope.nonCancellable(async () => {
      if (isCancellation(error)) return finish('stopped', 'stopped by request');
      if (isContinuation(error)) throw error;
      // A run that was refused before it was opened has nothing to report; what it failed with matters more.
      await report('failed', rootMessage(error)).catch(() => undefined);
      throw error;
    });
  }
  return finish('done', outcome().reason);
}

function isContinuation(error: unknown): boolean {
  return error instanceof ContinueAsNew;
}

/** Temporal wraps what an activity threw; the innermost sentence is ours. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}
