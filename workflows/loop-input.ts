import type { RunRef } from '../domain/run.ts';

/** What every loop is started with. */
export interface LoopInput<Config> {
  readonly run: RunRef;
  readonly config: Config;
  /** Milliseconds since 1970, for the report. */
  readonly startedAtMs: number;
}
