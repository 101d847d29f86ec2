import { TickloopError } from '../domain/errors.ts';
import type { StackPart } from '../stack/paths.ts';
import { startStack, type StackOptions } from '../stack/stack.ts';

/** Options of `tickloop up`. */
export type UpOptions = StackOptions;

/** Starts what does not run yet, a line a part; returns the exit code. */
export async function up(options: UpOptions, print: (line: string) => void): Promise<number> {
  const startedAt = new Map<StackPart, number>();
  const addresses: Readonly<Record<StackPart, string>> = {
    temporal: options.temporalAddress,
    vllm: options.vllmUrl,
    worker: `task queue ${options.taskQueue}`,
  };
  const say = (part: StackPart, text: string) => print(`${part.padEnd(9)} ${text}`);
  try {
    await startStack({
      ...options,
      onStep: (step) => {
        if (step.state === 'waiting') {
          print(`waiting for process ${step.pid}, which is starting the stack`);
        } else if (step.state === 'starting') {
          startedAt.set(step.part, performance.now());
          // A CPU vLLM takes a minute or more: say so before the silence.
          if (step.part === 'vllm') say('vllm', `looking at ${addresses.vllm}; a first start takes 1 to 2 minutes`);
        } else {
          const elapsedMs = performance.now() - (startedAt.get(step.part) ?? performance.now());
          const what = step.state === 'started' ? 'started' : 'runs already';
          say(step.part, `${what}: ${addresses[step.part]} (${(elapsedMs / 1000).toFixed(1)} s)`);
        }
      },
    });
    return 0;
  } catch (error) {
    if (!(error instanceof TickloopError)) throw error;
    print(`error: ${error.message} [${error.code}]`);
    return 1;
  }
}
