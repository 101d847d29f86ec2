import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { environmentPython } from './python-environment.mjs';
import { SetupError } from './setup-error.mjs';

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** Step `temporal`: finds the CLI whose dev server the local stack runs. */
export function findTemporalCli({ root }) {
  if (process.env.TEMPORAL_ADDRESS)
    return `using the server at ${process.env.TEMPORAL_ADDRESS} (TEMPORAL_ADDRESS); no CLI needed`;
  const chosen = process.env.TEMPORAL_CLI_PATH;
  if (chosen) {
    if (isExecutable(chosen)) return `Temporal CLI ${chosen} (TEMPORAL_CLI_PATH)`;
    throw new SetupError(
      `TEMPORAL_CLI_PATH names ${chosen}, which is no executable file: correct the path, or unset it.`,
    );
  }
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = [...onPath, dirname(environmentPython(root))]
    .map((folder) => join(folder, 'temporal'))
    .find((path) => isExecutable(path));
  if (found === undefined) {
    throw new SetupError(
      'The Temporal CLI was not found: run this with the step "python", which brings it, ' +
        'or name it with TEMPORAL_CLI_PATH, or name a running server with TEMPORAL_ADDRESS.',
    );
  }
  return `Temporal CLI ${found}`;
}
