import { setTimeout as sleep } from 'node:timers/promises';
import { findDeadParts, reviveStack, type StackOptions } from '../stack/stack.ts';

const FIRST_PAUSE_MS = 3000;
const LONGEST_PAUSE_MS = 300_000;

/** Something that goes on until it is stopped. */
export interface StackGuard {
  stop(): void;
}

/**
 * Brings back the servers of this machine that this project started and that died; the run meanwhile waits in its retries. A
 * part that dies again and again is tried less and less often. Servers that somebody else started are theirs to mend.
 */
export function guardStack(options: StackOptions, say: (line: string) => void): StackGuard {
  const stopped = new AbortController();
  const guard = async (): Promise<void> => {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      await sleep(pauseMs, undefined, { signal: stopped.signal });
      if (findDeadParts(options).length === 0) continue;
      try {
        await reviveStack({
          ...options,
          onStep: ({ part, state }) =>
            say(state === 'starting' ? `${part} died and is started again; the run waits for it` : `${part} ${state}`),
        });
      } catch (error) {
        say(`it did not start: ${error instanceof Error ? error.message : String(error)}`);
      }
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  };
  guard().catch((error: unknown) => {
    if (!stopped.signal.aborted) say(`servers are not looked after any more: ${String(error)}`);
  });
  return { stop: () => stopped.abort() };
}
