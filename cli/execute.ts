import { createOutput, type Output } from './output.ts';

/** Runs a command, prints what went wrong in one place, and sets the exit code. */
export async function execute(json: boolean | undefined, command: (output: Output) => Promise<number>): Promise<void> {
  const output = createOutput(json === true);
  try {
    process.exitCode = await command(output);
  } catch (error) {
    // Here and not at the top: it knows Temporal's failures, whose packages take half a second to load.
    const { exitCodeOf, failureOf } = await import('./failure-of.ts');
    const failure = failureOf(error);
    output.error(`error ${failure.code}: ${failure.message}`);
    output.object({ error: failure });
    process.exitCode = exitCodeOf(failure);
  }
}
