import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { ConfigError } from '../domain/errors.ts';
import type { RunResult } from '../domain/run.ts';
import { collectProgress } from './collect-progress.ts';
import type { StackGuard } from './guard-stack.ts';
import type { Output } from './output.ts';
import { createProgressView, wantsColor, type ProgressView } from './progress-view.ts';
import { outlastOutages } from './outlast-outages.ts';
import { workflowIdOf } from './run-name.ts';

const POLL_MS = 1000;
/** With nobody at a terminal to end it, a command that waits for ever is never missed. */
const LONGEST_OUTAGE_MS = 600_000;

/**
 * Shows a run until it ends; `guard` is at work meanwhile, and says its lines above the view.
 *
 * @throws what the run failed with
 */
export async function watchRun(
  client: Client,
  runName: string,
  output: Output,
  guard?: (say: (line: string) => void) => StackGuard,
): Promise<RunResult> {
  const stream = output.json ? process.stderr : process.stdout;
  const isTty = stream.isTTY;
  const view = createProgressView({
    stream,
    isTty,
    color: wantsColor(isTty, process.env),
    now: () => performance.now(),
  });
  const guarding = guard?.(view.say);
  try {
    return await showUntilEnd(client, runName, view, isTty ? undefined : LONGEST_OUTAGE_MS);
  } finally {
    guarding?.stop();
  }
}

async function showUntilEnd(
  client: Client,
  runName: string,
  view: ProgressView,
  longestMs: number | undefined,
): Promise<RunResult> {
  const handle = client.workflow.getHandle(workflowIdOf(runName));
  const settled = outlastOutages(() => handle.result(), {
    say: view.say,
    pauseMs: POLL_MS,
    ...(longestMs === undefined ? {} : { longestMs }),
  }).then(
    (value) => ({ ok: true as const, value: value as RunResult }),
    (error: unknown) => ({ ok: false as const, error }),
  );
  for (;;) {
    const ended = await Promise.race([
      settled,
      new Promise<undefined>((resolve) => setTimeout(resolve, POLL_MS, undefined)),
    ]);
    if (ended !== undefined) {
      view.finish();
      if (ended.ok) return ended.value;
      if (ended.error instanceof WorkflowNotFoundError) throw noSuchRun(runName, ended.error);
      throw ended.error;
    }
    try {
      view.update(await collectProgress(client, runName));
    } catch {
      // Between children, or while no worker is there to answer, there is nothing new to show.
    }
  }
}

/** The error for a name that nobody knows. */
export function noSuchRun(runName: string, cause: unknown): ConfigError {
  return new ConfigError(
    'config/unusable',
    `No run is named "${runName}" here: \`tickloop list\` shows those there are.`,
    { cause },
  );
}
