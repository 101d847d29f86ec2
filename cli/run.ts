import { resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { RunConfig } from '../configs/schema/run-config.ts';
import { trainsWhole } from '../configs/schema/whole-weights.ts';
import { ConfigError } from '../domain/errors.ts';
import type { RunResult } from '../domain/run.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { startStack, stopStack, type StackOptions } from '../stack/stack.ts';
import type { StackPart } from '../stack/paths.ts';
import type { LoopInput } from '../workflows/loop-input.ts';
import { guardStack } from './guard-stack.ts';
import { loadConfig, type LoadedConfig } from './load-config.ts';
import { LOOP_WORKFLOWS } from './loop-workflows.ts';
import type { Output } from './output.ts';
import { checkRunName, workflowIdOf } from './run-name.ts';
import { connectTemporal } from './temporal-client.ts';
import { watchRun } from './watch-run.ts';

export interface RunOptions {
  readonly configPath: string;
  readonly name: string | undefined;
  readonly sets: readonly string[];
  readonly rounds: number | undefined;
  readonly detach: boolean;
  readonly keepStack: boolean;
  /** False where workers run elsewhere. */
  readonly startsWorker: boolean;
}

/** What `run` did about a name that may exist. */
type Started = 'started' | 'attached' | 'done-before';

/** Starts a run, or goes on with the one of that name; returns the exit code. */
export async function run(options: RunOptions, output: Output): Promise<number> {
  const sets = options.rounds === undefined ? options.sets : [...options.sets, `rounds=${options.rounds}`];
  const loaded = await loadConfig(options.configPath, sets);
  const runName = checkRunName(options.name ?? loaded.defaultName);
  const startedParts = await bringUpStack(loaded, options.startsWorker, output);
  const session = await connectTemporal(loaded.config.temporal);
  try {
    const started = await startOrAttach(session.client, runName, loaded, output);
    if (options.detach) {
      output.line(`Run ${runName} goes on in the background. See: tickloop watch ${runName}`);
      output.object({ runName, status: started });
      return 0;
    }
    const restoreInterrupt = onInterrupt(runName, output);
    try {
      const guard = (say: (line: string) => void) => guardStack(stackOf(loaded, options.startsWorker), say);
      return printResult(await watchRun(session.client, runName, output, guard), output);
    } finally {
      restoreInterrupt();
    }
  } finally {
    await session.close();
    if (!options.detach && !options.keepStack && startedParts.length > 0) await stopStack();
  }
}

/** The servers that a config names; no worker where they run elsewhere. */
function stackOf({ config }: LoadedConfig, startsWorker: boolean): StackOptions {
  const { temporal, policy } = config;
  return {
    temporalAddress: temporal.address,
    namespace: temporal.namespace,
    taskQueue: temporal.taskQueue,
    vllmUrl: policy.baseUrl,
    devEndpoints: trainsWhole(config),
    ...(startsWorker ? {} : { roles: [] }),
  };
}

async function bringUpStack(
  loaded: LoadedConfig,
  startsWorker: boolean,
  output: Output,
): Promise<readonly StackPart[]> {
  const began = performance.now();
  return startStack({
    ...stackOf(loaded, startsWorker),
    onStep: (step) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4);
      if (step.part === null)
        output.line(`${seconds} s  another command (pid ${step.pid}) is at work on the stack, waiting`);
      else output.line(`${seconds} s  ${step.part} ${step.state}`);
    },
  });
}

async function startOrAttach(
  client: Client,
  runName: string,
  { config, configHash }: LoadedConfig,
  output: Output,
): Promise<Started> {
  const workflowId = workflowIdOf(runName);
  const known = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
  const sameConfig = known?.memo?.['configHash'] === configHash;
  if (known?.status.name === 'RUNNING') {
    if (!sameConfig) {
      throw new ConfigError(
        'config/run-exists',
        `Run "${runName}" is running with another config: choose another --name, or \`tickloop stop ${runName}\` first.`,
      );
    }
    output.line(`Run ${runName} is running already: watching it.`);
    return 'attached';
  }
  if (known?.status.name === 'COMPLETED' && sameConfig) {
    const result = (await client.workflow.getHandle(workflowId).result()) as RunResult;
    if (result.status === 'done') {
      output.line(
        `Run ${runName} is done already; nothing is repeated. More rounds: --rounds N. A fresh run: another --name.`,
      );
      return 'done-before';
    }
  }
  output.line(known === undefined ? `Run ${runName} starts.` : `Run ${runName} goes on from what its store holds.`);
  const startedAtMs = Date.now();
  const storeRoot = resolve(config.store.root);
  await client.workflow.start<(input: LoopInput<RunConfig>) => Promise<RunResult>>(LOOP_WORKFLOWS[config.loop], {
    workflowId,
    taskQueue: taskQueues(config.temporal.taskQueue).workflow,
    args: [{ run: { runName, storeRoot, configHash }, config, startedAtMs }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    memo: { configHash, storeRoot, config, startedAtMs },
  });
  return 'started';
}

/** Ctrl-C lets go of the terminal, not of the run; said before, since nobody dares to try it. */
function onInterrupt(runName: string, output: Output): () => void {
  const letGo = () => {
    output.line(
      `\nRun ${runName} goes on in the background. \`tickloop watch ${runName}\` or the same command shows it again; \`tickloop pause ${runName}\` or \`tickloop stop ${runName}\` holds or ends it; \`tickloop down\` stops the local servers, and the run then waits.`,
    );
    process.exit(130);
  };
  process.on('SIGINT', letGo);
  output.line('Ctrl-C lets go of the terminal: the run goes on.');
  return () => process.off('SIGINT', letGo);
}

/** Prints how a run ended; returns the exit code. */
export function printResult(result: RunResult, output: Output): number {
  for (const line of result.summary) output.line(line);
  output.line(`Report: ${result.reportHtml}`);
  output.object(result);
  return result.status === 'done' ? 0 : 1;
}
