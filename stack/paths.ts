import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Parts of the local stack, in the order they are stopped. */
export type StackPart = 'worker' | 'vllm' | 'temporal';

/** Where the set-up put things and where the stack keeps its own; all in one folder of the project. */
export interface StackPaths {
  readonly root: string;
  readonly python: string;
  readonly model: string;
  readonly logs: string;
  readonly stack: string;
}

/** Paths of the project at `root`, with what the environment names taken before our own. */
export function stackPaths(
  root: string = fileURLToPath(new URL('..', import.meta.url)),
  environment: NodeJS.ProcessEnv = process.env,
): StackPaths {
  const base = resolve(root);
  const home = join(base, '.tickloop');
  return {
    root: base,
    python: environment['TICKLOOP_PYTHON_ENV'] || join(home, 'python', 'bin', 'python'),
    model: environment['TICKLOOP_MODEL_PATH'] || join(home, 'models', 'smollm2-135m-instruct'),
    logs: join(home, 'logs'),
    stack: join(home, 'stack'),
  };
}

/** The Temporal CLI: the one named, the one on the PATH, the one of the Python environment; undefined when there is none. */
export function findTemporalCli(paths: StackPaths, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['TEMPORAL_CLI_PATH'];
  if (named) return existsSync(named) ? named : undefined;
  return [...(environment['PATH'] ?? '').split(delimiter), join(paths.python, '..')]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'temporal'))
    .find((path) => existsSync(path));
}
