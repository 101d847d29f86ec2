// Locks the order of decisions in every workflow: a run that was begun by an earlier version must go on with this one. A
// history that no longer replays means that running runs would break: patch the workflow, don't record the history anew.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, expect, it } from 'vitest';

const HISTORIES = new URL('../fixtures/histories/', import.meta.url);
const NAMES = (await readdir(HISTORIES)).filter((name) => name.endsWith('.json'));

let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
  });
});

/** Files are named for the workflow, whose id the children's ids begin with. */
function workflowIdOf(name: string): string {
  return name.replace(/\.json$/, '').replaceAll('__', '/');
}

async function readHistory(name: string): Promise<string> {
  return readFile(new URL(name, HISTORIES), 'utf8');
}

it.each(NAMES)('replays %s', async (name) => {
  await Worker.runReplayHistory({ workflowBundle }, JSON.parse(await readHistory(name)), workflowIdOf(name));
});

it('notices a history that the workflow would not have made', async () => {
  const changed = (await readHistory('run__dpo1__round-1.json')).replaceAll('"selectRoundRows"', '"somethingElse"');
  await expect(Worker.runReplayHistory({ workflowBundle }, JSON.parse(changed), 'run/dpo1/round-1')).rejects.toThrow(
    /[Nn]on-?determinis/,
  );
});
