import type { Client } from '@temporalio/client';
import type { RunResult } from '../domain/run.ts';
import { workflowIdOf } from './run-name.ts';

/**
 * What became of a run, in one word. For Temporal a run that was stopped has completed like any other; how it ended is in
 * its result.
 *
 * @param status Temporal's name of the state, such as `RUNNING`
 * @returns `done`, `stopped`, or Temporal's word in small letters
 */
export async function runState(client: Client, runName: string, status: string): Promise<string> {
  if (status !== 'COMPLETED') return status.toLowerCase();
  const result = (await client.workflow.getHandle(workflowIdOf(runName)).result()) as RunResult;
  return result.status;
}
