import { Worker } from 'node:worker_threads';

import { StackError } from '../../domain/errors.ts';
import type { ProgramFinding } from '../verifier-sandbox.ts';

/** What one program may use. */
export interface ProgramLimits {
  readonly memoryLimitBytes: number;
  readonly stackLimitBytes: number;
  /** In steps of the engine, each about 5,000 turns of a loop. The same program and text always take the same number. */
  readonly stepLimit: number;
  /** Wall clock, from when a thread takes the program. */
  readonly deadlineMs: number;
}

/** As `run-program.mjs` posts them. */
type ThreadMessage = { readonly kind: 'ready' } | { readonly kind: 'finding'; readonly finding: ProgramFinding };

interface Job {
  readonly program: string;
  readonly text: string;
  readonly resolve: (finding: ProgramFinding) => void;
  readonly reject: (reason: unknown) => void;
}

const START_LIMIT_MS = 30_000;

/** Of the thread's own JavaScript; the engine's memory is WebAssembly's and has its own limit. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 8 };

/** One thread that runs one program at a time. A program that outlasts its deadline takes the thread with it. */
export class SandboxThread {
  readonly #worker: Worker;
  readonly #deadlineMs: number;
  #isReady = false;
  #isAlive = true;
  #job: Job | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ deadlineMs, ...limits }: ProgramLimits) {
    this.#deadlineMs = deadlineMs;
    // No loader, no environment, no output: the thread needs none of them, so that nobody behind it can get at them.
    this.#worker = new Worker(new URL('run-program.mjs', import.meta.url), {
      workerData: limits,
      resourceLimits: RESOURCE_LIMITS,
      execArgv: [],
      env: {},
      stdout: true,
      stderr: true,
    });
    this.#worker.on('message', (message: ThreadMessage) => this.#receive(message));
    this.#worker.on('error', (error: NodeJS.ErrnoException) => this.#die(error));
    this.#worker.on('exit', () => this.#die());
  }

  /** Whether it can take another program. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Not to be called while another program runs. Aborting ends the thread. */
  async run(program: string, text: string, signal?: AbortSignal): Promise<ProgramFinding> {
    const abort = (): void => this.#end((job) => job.reject(signal?.reason));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<ProgramFinding>((resolve, reject) => {
        this.#job = { program, text, resolve, reject };
        if (this.#isReady) this.#send(this.#job);
        else this.#limitTime(START_LIMIT_MS, (job) => job.reject(startFailure()));
      });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends the thread; a program that runs is rejected with the reason. */
  async stop(reason: unknown): Promise<void> {
    this.#end((job) => job.reject(reason));
    await this.#worker.terminate();
  }

  #receive(message: ThreadMessage): void {
    if (message.kind === 'finding') return this.#settle((job) => job.resolve(message.finding));
    this.#isReady = true;
    if (this.#job !== undefined) this.#send(this.#job);
  }

  #send({ program, text }: Job): void {
    const message = `ran longer than ${this.#deadlineMs} ms`;
    this.#limitTime(this.#deadlineMs, (job) => job.resolve({ ok: false, cause: 'timeout', message }));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none; the rule is for windows
    this.#worker.postMessage({ program, text });
  }

  #die(error?: NodeJS.ErrnoException): void {
    if (!this.#isReady) return this.#end((job) => job.reject(startFailure(error)));
    const cause = error?.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crashed';
    this.#end((job) => job.resolve({ ok: false, cause, message: 'the thread that ran it died' }));
  }

  #limitTime(limitMs: number, settle: (job: Job) => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(settle), limitMs);
  }

  #end(settle: (job: Job) => void): void {
    this.#isAlive = false;
    // Reaches into a hang inside the engine, where nothing looks at an interrupt.
    void this.#worker.terminate();
    this.#settle(settle);
  }

  #settle(settle: (job: Job) => void): void {
    clearTimeout(this.#timer);
    const job = this.#job;
    this.#job = undefined;
    if (job !== undefined) settle(job);
  }
}

function startFailure(cause?: Error): StackError {
  const message = `A thread for verifier programs did not start: ${cause?.message ?? 'it never got ready'}.`;
  return new StackError('stack/start-failed', message, { cause });
}
