import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findTemporalCli, stackPaths } from '../../stack/paths.ts';

/** Starts a real Temporal dev server in memory, on a port of its own. */
export async function startTemporalServer(): Promise<TestWorkflowEnvironment> {
  const path = findTemporalCli(stackPaths());
  if (path === undefined) throw new Error('no Temporal CLI: run `npm run setup` first');
  return TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, log: { level: 'error', format: 'pretty' } },
  });
}
