/** Why a verifier program gave no verdict. */
export type ProgramFailureCause =
  | 'timeout'
  | 'memory'
  | 'crashed' // it threw, or the engine gave up on it
  | 'wrong-type' // it returned something else than true or false
  | 'syntax'; // it can't be parsed, or defines no function verify

/** What came of one program on one text. A failure is never a `pass: false`. */
export type ProgramFinding =
  | { readonly ok: true; readonly pass: boolean }
  | {
      readonly ok: false;
      readonly cause: ProgramFailureCause;
      /** For a report, one line of at most 200 printable characters; may quote the program, so still hostile. */
      readonly message: string;
    };

/**
 * Runs verifier programs that a model wrote, as if each were written to do harm. A program is JavaScript source that
 * defines `function verify(text)`, which returns true or false. It sees no files, no network, no clock, no randomness and
 * nothing of earlier programs, so that the same program and text always get the same verdict.
 */
export interface VerifierSandbox {
  /**
   * Whatever the program does is a finding, not an error. Rejects with the signal's reason once aborted.
   *
   * @throws StackError `stack/start-failed` when no thread can be started, `stack/not-running` once closed
   */
  run(program: string, text: string, signal?: AbortSignal): Promise<ProgramFinding>;
  /** Stops what runs or waits, and ends all threads. */
  close(): Promise<void>;
}
