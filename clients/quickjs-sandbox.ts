import pLimit from 'p-limit';

import { StackError } from '../domain/errors.ts';
import { type ProgramLimits, SandboxThread } from './quickjs/sandbox-thread.ts';
import type { ProgramFinding, VerifierSandbox } from './verifier-sandbox.ts';

export interface QuickJsSandboxOptions extends Partial<ProgramLimits> {
  /** Programs that run at once, each on a thread of its own, started when first needed; default 2. */
  readonly threads?: number;
}

/**
 * Five million turns of a loop: 0.1 s of a bare one, about 2 s of one that makes objects. Steps and not seconds, so that a
 * busy machine does not change a verdict.
 */
const STEP_LIMIT = 1000;
const MEMORY_LIMIT_BYTES = 32 * 2 ** 20;
const STACK_LIMIT_BYTES = 256 * 2 ** 10;
const DEADLINE_MS = 3000;
const THREADS = 2;

/**
 * A sandbox on QuickJS as WebAssembly: a fresh engine for each call, on threads that are killed when a program outlasts
 * its deadline and then replaced. Calls wait their turn, first come, first served.
 */
export function createQuickJsSandbox(options: QuickJsSandboxOptions = {}): VerifierSandbox {
  const limits: ProgramLimits = {
    memoryLimitBytes: options.memoryLimitBytes ?? MEMORY_LIMIT_BYTES,
    stackLimitBytes: options.stackLimitBytes ?? STACK_LIMIT_BYTES,
    stepLimit: options.stepLimit ?? STEP_LIMIT,
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
  };
  const turn = pLimit(options.threads ?? THREADS);
  const threads = new Set<SandboxThread>();
  const idle: SandboxThread[] = [];
  let isClosed = false;

  function takeThread(): SandboxThread {
    const waiting = idle.pop();
    if (waiting?.isAlive === true) return waiting;
    if (waiting !== undefined) threads.delete(waiting);
    const thread = new SandboxThread(limits);
    threads.add(thread);
    return thread;
  }

  async function runNow(program: string, text: string, signal?: AbortSignal): Promise<ProgramFinding> {
    signal?.throwIfAborted();
    if (isClosed) throw closed();
    const thread = takeThread();
    try {
      return await thread.run(program, text, signal);
    } finally {
      if (thread.isAlive) idle.push(thread);
      else threads.delete(thread);
    }
  }

  return {
    run: (program, text, signal) => orAborted(turn(runNow, program, text, signal), signal),
    close: async () => {
      isClosed = true;
      await Promise.all([...threads].map((thread) => thread.stop(closed())));
    },
  };
}

/** Whoever waits for a turn needn't wait for it to see the abort. */
async function orAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    over.abort();
  }
}

function closed(): StackError {
  return new StackError('stack/not-running', 'The sandbox for verifier programs is closed: open another to run one.');
}
