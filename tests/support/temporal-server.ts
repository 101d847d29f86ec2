import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findTemporalCli, stackPaths } from '../../stack/paths.ts';

/** Starts a real Temporal dev server in memory, on a port of its own, with other limits where they are named. */
export async function startTemporalServer(
  limits: Readonly<Record<string, number>> = {},
): Promise<TestWorkflowEnvironment> {
  const path = findTemporalCli(stackPaths());
  if (path === undefined) throw new Error('no Temporal CLI: run `npm run setup` first');
  const extraArgs = Object.entries(limits).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]);
  return TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, log: { level: 'error', format: 'pretty' }, extraArgs },
  });
}
