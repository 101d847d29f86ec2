import { ConfigError } from '../domain/errors.ts';

/** Checks a run name: it becomes a workflow id, a folder and an adapter name. @throws ConfigError `config/invalid` */
export function checkRunName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) return name;
  throw new ConfigError(
    'config/invalid',
    `The run name "${name.slice(0, 80)}" can't be used: take 1 to 64 letters, digits, "-" or "_", the first a letter or digit.`,
  );
}

/** Workflow id of a run. */
export function workflowIdOf(runName: string): string {
  return `run/${runName}`;
}
