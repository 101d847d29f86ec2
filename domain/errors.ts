/**
 * Every error that tickloop raises on purpose: one base with a stable code, one class for each boundary.
 *
 * To add one: pick the class of the boundary that was crossed, give it a code `<class>/<reason>`, say in the message what
 * was found, where, and what to do, and add a row to `activities/failure.ts` and to its test. Nothing here extends
 * Temporal's classes; `activities/failure.ts` alone turns these into `ApplicationFailure`.
 */
export interface ErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Small facts for a report or a log: never prompts, completions or tokens. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Base of all errors with a stable `code`; `retryable` says whether the same work may succeed later. */
export abstract class TickloopError extends Error {
  abstract readonly code: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;

  constructor(message: string, retryable: boolean, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retryable = retryable;
    this.details = options.details ?? {};
  }
}

/** A config file, a flag or an environment variable is wrong. Nothing has been spent. */
export class ConfigError extends TickloopError {
  readonly code: 'config/invalid' | 'config/unreadable' | 'config/run-exists' | 'config/unusable';

  constructor(code: ConfigError['code'], message: string, options?: ErrorOptions) {
    super(message, false, options);
    this.code = code;
  }
}

/** A row of a data set is wrong. */
export class DataError extends TickloopError {
  readonly code:
    | 'data/unreadable'
    | 'data/invalid-row'
    | 'data/duplicate-prompt'
    | 'data/held-out-overlap'
    | 'data/nothing-to-train-on'
    | 'data/no-rows'
    | 'data/too-few-rows'
    | 'data/mixed-policy-versions'
    | 'data/no-scores'
    | 'data/mixed-scorers'
    | 'data/too-few-skills';

  constructor(code: DataError['code'], message: string, options?: ErrorOptions) {
    super(message, false, options);
    this.code = code;
  }
}

/** What a model server did instead of answering. */
export type ModelServerErrorKind =
  | 'unavailable' // refused, reset, no route, engine dead: nobody answered or the server is going away
  | 'timeout'
  | 'rate-limit'
  | 'server-error' // 5xx with a living server
  | 'aborted' // 200 with finish_reason "abort": the server was paused or shut down under us
  | 'malformed-response'
  | 'not-served' // 404, 405 and their like: a wrong address, or a proxy whose server is not back yet
  | 'bad-request'
  | 'unauthorized'
  | 'no-credit'
  | 'unknown-model'
  | 'context-too-small';

const RETRYABLE_KINDS: ReadonlySet<ModelServerErrorKind> = new Set([
  'unavailable',
  'timeout',
  'rate-limit',
  'server-error',
  'aborted',
  'malformed-response',
  'not-served',
]);

export interface ModelServerErrorOptions extends ErrorOptions {
  /** HTTP status, when there was one. */
  readonly status?: number;
  /** From `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A call to a model server failed for a reason that is not the prompt's. */
export class ModelServerError extends TickloopError {
  readonly code: `model-server/${ModelServerErrorKind}`;
  readonly kind: ModelServerErrorKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ModelServerErrorKind, message: string, options: ModelServerErrorOptions = {}) {
    super(message, RETRYABLE_KINDS.has(kind), options);
    this.code = `model-server/${kind}`;
    this.kind = kind;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The prompt and the requested completion don't fit the model's context. Concerns one row, not the run. */
export class PromptTooLongError extends TickloopError {
  readonly code = 'model-server/prompt-too-long';

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options);
  }
}

/** Trained weights, an adapter or whole ones, could not be served, or what is served is not what was trained. */
export class AdapterError extends TickloopError {
  readonly code:
    | 'adapter/not-loaded'
    | 'adapter/load-refused'
    | 'adapter/base-mismatch'
    | 'adapter/no-op'
    | 'adapter/probe-mismatch'
    | 'adapter/dev-mode-off';

  constructor(code: AdapterError['code'], message: string, options?: ErrorOptions) {
    super(message, code === 'adapter/not-loaded', options);
    this.code = code;
  }
}

/** The trainer process failed. `exit` is tried again from the last complete checkpoint. */
export class TrainerError extends TickloopError {
  readonly code: 'trainer/exit' | 'trainer/bad-job' | 'trainer/no-result' | 'trainer/unavailable';

  constructor(code: TrainerError['code'], message: string, options?: ErrorOptions) {
    super(message, code === 'trainer/exit' || code === 'trainer/no-result', options);
    this.code = code;
  }
}

/** The artifact store does not hold what a manifest promises, or cannot take more. */
export class ArtifactError extends TickloopError {
  readonly code:
    | 'artifact/missing'
    | 'artifact/corrupt'
    | 'artifact/conflict'
    | 'artifact/no-space'
    | 'artifact/unwritable';

  constructor(code: ArtifactError['code'], message: string, options?: ErrorOptions) {
    super(message, false, options);
    this.code = code;
  }
}

/** A part of the local stack (Temporal, vLLM, a worker) is missing or would not start. */
export class StackError extends TickloopError {
  readonly code:
    | 'stack/not-installed'
    | 'stack/port-taken'
    | 'stack/start-failed'
    | 'stack/not-running'
    | 'stack/no-space';

  constructor(code: StackError['code'], message: string, options?: ErrorOptions) {
    super(message, false, options);
    this.code = code;
  }
}
