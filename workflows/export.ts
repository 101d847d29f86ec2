import type { ExportInput, ExportResult } from '../activities/datasets/export-dataset.ts';
import { modelActivities } from './activity-proxies.ts';

export interface ExportWorkflowInput extends ExportInput {
  /** Prefix of the task queues of the run's workers. */
  readonly taskQueue: string;
}

/** Writes what a run has made as files for others, whatever became of the run. */
export async function exportWorkflow({ taskQueue, ...input }: ExportWorkflowInput): Promise<ExportResult> {
  return modelActivities(taskQueue).exportDataset(input);
}
