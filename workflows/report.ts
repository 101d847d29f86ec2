import type { RunConfig } from '../configs/schema/run-config.ts';
import type { RunReport } from '../domain/report/run-report.ts';
import type { RunRef } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';

export interface ReportInput {
  readonly run: RunRef;
  readonly config: RunConfig;
  readonly status: RunReport['status'];
  readonly statusReason: string | null;
  /** Milliseconds since 1970 at which the run was started. */
  readonly startedAtMs: number;
  /** Milliseconds since 1970 at which it ended; `undefined` for a run that goes on. */
  readonly finishedAtMs?: number | undefined;
}

export interface ReportResult {
  /** Absolute paths. */
  readonly reportHtml: string;
  readonly reportJson: string;
  /** Lines for a terminal. */
  readonly summary: readonly string[];
}

/** Writes the report of a run from what its store holds now, whatever became of the run. */
export async function reportWorkflow({
  run,
  config,
  status,
  statusReason,
  startedAtMs,
  finishedAtMs,
}: ReportInput): Promise<ReportResult> {
  return modelActivities(config.temporal.taskQueue).writeReport({
    run,
    status,
    statusReason,
    startedAtMs,
    finishedAtMs,
  });
}
