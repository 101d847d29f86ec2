// Locks the order of decisions in every workflow: a run that was begun by an earlier version must go on with this one. A
// history that no longer replays means that running runs would break: patch the workflow, don't record the history anew.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, expect, it } from 'vitest';
import * as workflows from '../../workflows/index.ts';

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

interface RecordedHistory {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
    activityTaskScheduledEventAttributes?: { readonly activityType: { name: string } };
  }[];
}

const replay = async (name: string, history: unknown): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle }, history, workflowIdOf(name));

it.each(NAMES)('replays %s', async (name) => {
  await replay(name, JSON.parse(await readHistory(name)));
});

it.each(NAMES)('notices when the last step of %s is another one than the workflow would take', async (name) => {
  const history = JSON.parse(await readHistory(name)) as RecordedHistory;
  const last = history.events.findLast((event) => event.activityTaskScheduledEventAttributes !== undefined);
  if (last?.activityTaskScheduledEventAttributes === undefined) throw new Error('the history has no activity');
  last.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
  await expect(replay(name, history)).rejects.toThrow(/[Nn]on-?determinis/);
});

it('has a history of every workflow', async () => {
  const histories = await Promise.all(
    NAMES.map(async (name) => JSON.parse(await readHistory(name)) as RecordedHistory),
  );
  const recorded = histories.map(({ events }) => events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name);
  expect(new Set(recorded)).toEqual(new Set(Object.keys(workflows)));
});
