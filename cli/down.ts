import { stopStack } from '../stack/stack.ts';
import type { StopOutcome } from '../stack/stop-process.ts';

const OUTCOMES: Readonly<Record<StopOutcome, string>> = {
  'not-running': 'was not running (or was not started here)',
  stopped: 'stopped',
  killed: 'did not stop in time and was killed',
};

/** Stops what this project started, a line a part; returns the exit code. */
export async function down(print: (line: string) => void): Promise<number> {
  let lastAt = performance.now();
  await stopStack(undefined, (part, outcome) => {
    print(`${part.padEnd(9)} ${OUTCOMES[outcome]} (${((performance.now() - lastAt) / 1000).toFixed(1)} s)`);
    lastAt = performance.now();
  });
  return 0;
}
