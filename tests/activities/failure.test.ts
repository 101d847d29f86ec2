// Locks the one translation of our errors into Temporal's terms: what is tried again, and when.
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { asAdapterError, isRowError, toActivityFailure, withTranslatedErrors } from '../../activities/failure.ts';
import {
  AdapterError,
  ArtifactError,
  ConfigError,
  DataError,
  ModelServerError,
  PromptTooLongError,
  StackError,
  TrainerError,
  type ModelServerErrorKind,
  type TickloopError,
} from '../../domain/errors.ts';

type Row = readonly [code: string, nonRetryable: boolean, error: TickloopError];

/** Every code, so that a new one fails to compile here until somebody has decided whether it is tried again. */
const MODEL_SERVER = {
  unavailable: false,
  timeout: false,
  'rate-limit': false,
  'server-error': false,
  aborted: false,
  'malformed-response': false,
  'not-served': false,
  'bad-request': true,
  unauthorized: true,
  'no-credit': true,
  'unknown-model': true,
  'context-too-small': true,
} satisfies Record<ModelServerErrorKind, boolean>;
const CONFIG = {
  'config/invalid': true,
  'config/unreadable': true,
  'config/run-exists': true,
  'config/unusable': true,
} satisfies Record<ConfigError['code'], boolean>;
const DATA = {
  'data/unreadable': true,
  'data/invalid-row': true,
  'data/duplicate-prompt': true,
  'data/held-out-overlap': true,
  'data/nothing-to-train-on': true,
  'data/no-rows': true,
  'data/too-few-rows': true,
  'data/mixed-policy-versions': true,
  'data/no-scores': true,
  'data/mixed-scorers': true,
  'data/too-few-skills': true,
} satisfies Record<DataError['code'], boolean>;
const ADAPTER = {
  'adapter/not-loaded': false,
  'adapter/load-refused': true,
  'adapter/base-mismatch': true,
  'adapter/no-op': true,
  'adapter/probe-mismatch': true,
  'adapter/dev-mode-off': true,
} satisfies Record<AdapterError['code'], boolean>;
const TRAINER = {
  'trainer/exit': false,
  'trainer/no-result': false,
  'trainer/bad-job': true,
  'trainer/unavailable': true,
} satisfies Record<TrainerError['code'], boolean>;
const ARTIFACT = {
  'artifact/missing': true,
  'artifact/corrupt': true,
  'artifact/conflict': true,
  'artifact/no-space': true,
  'artifact/unwritable': true,
} satisfies Record<ArtifactError['code'], boolean>;
const STACK = {
  'stack/not-installed': true,
  'stack/port-taken': true,
  'stack/start-failed': true,
  'stack/not-running': true,
  'stack/no-space': true,
} satisfies Record<StackError['code'], boolean>;

function rowsOf<Code extends string>(
  table: Record<Code, boolean>,
  make: (code: Code) => TickloopError,
): readonly Row[] {
  return (Object.keys(table) as Code[]).map((code) => {
    const error = make(code);
    return [error.code, table[code], error];
  });
}

const DETAILS = { details: { status: 7 } };
const ROWS: readonly Row[] = [
  ...rowsOf(MODEL_SERVER, (kind) => new ModelServerError(kind, 'what was found', DETAILS)),
  ['model-server/prompt-too-long', true, new PromptTooLongError('what was found', DETAILS)],
  ...rowsOf(CONFIG, (code) => new ConfigError(code, 'what was found', DETAILS)),
  ...rowsOf(DATA, (code) => new DataError(code, 'what was found', DETAILS)),
  ...rowsOf(ADAPTER, (code) => new AdapterError(code, 'what was found', DETAILS)),
  ...rowsOf(TRAINER, (code) => new TrainerError(code, 'what was found', DETAILS)),
  ...rowsOf(ARTIFACT, (code) => new ArtifactError(code, 'what was found', DETAILS)),
  ...rowsOf(STACK, (code) => new StackError(code, 'what was found', DETAILS)),
];

describe('toActivityFailure', () => {
  it.each(ROWS)('translates %s with nonRetryable %s', (code, nonRetryable, error) => {
    const failure = toActivityFailure(error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: code,
      message: 'what was found',
      nonRetryable,
      details: [{ status: 7 }],
      cause: error,
    });
    expect((failure as ApplicationFailure).nextRetryDelay).toBeUndefined();
  });

  it.each([
    ['as long as the server asked for', 1, 2500],
    ['as long as the backoff says, which has grown longer', 4, 8000],
    ['no longer than the longest backoff', 100, 60_000],
  ])('waits %s, on attempt %i', async (_what, attempt, nextRetryDelay) => {
    const retryPolicy = { initialInterval: 1000, backoffCoefficient: 2, maximumInterval: 60_000, maximumAttempts: 120 };
    const error = new ModelServerError('rate-limit', 'slow down', { status: 429, retryAfterMs: 2500 });
    const environment = new MockActivityEnvironment({ attempt, retryPolicy });
    const failure = await environment.run(async () => toActivityFailure(error));
    expect(failure).toMatchObject({ type: 'model-server/rate-limit', nextRetryDelay });
  });

  it('lets cancellation and failures of Temporal pass untouched', () => {
    for (const error of [
      new CancelledFailure('cancelled'),
      ApplicationFailure.nonRetryable('told', 'data/nothing-to-train-on'),
    ]) {
      expect(toActivityFailure(error)).toBe(error);
    }
  });

  it('makes an unknown error an internal one, which may pass unless it is a mistake in the program', () => {
    expect(toActivityFailure(new Error('oops'))).toMatchObject({
      type: 'internal/unexpected',
      message: 'oops',
      nonRetryable: false,
    });
    expect(toActivityFailure(new TypeError('oops'))).toMatchObject({ type: 'internal/unexpected', nonRetryable: true });
    expect(toActivityFailure('just text')).toMatchObject({ type: 'internal/unexpected', message: 'just text' });
  });
});

describe('isRowError', () => {
  it('is true for errors of one row only', () => {
    const codes = ROWS.filter(([, , error]) => isRowError(error)).map(([code]) => code);
    expect(codes).toEqual(['model-server/bad-request', 'model-server/prompt-too-long']);
    expect(isRowError(new Error('bad-request'))).toBe(false);
  });
});

describe('asAdapterError', () => {
  const unknown = new ModelServerError('unknown-model', 'The model `a` does not exist.');

  it('takes a model that the server does not know for an adapter that is not loaded', () => {
    expect(asAdapterError(unknown, 'hash')).toMatchObject({
      code: 'adapter/not-loaded',
      retryable: true,
      message: 'The model `a` does not exist. It is loaded again by the next attempt.',
      cause: unknown,
    });
  });

  it('leaves a base model that is unknown, and every other error, as they are', () => {
    const other = new ModelServerError('timeout', 'too slow');
    expect(asAdapterError(unknown, null)).toBe(unknown);
    expect(asAdapterError(other, 'hash')).toBe(other);
  });
});

describe('withTranslatedErrors', () => {
  it('hands results through and translates what is thrown', async () => {
    const activities = withTranslatedErrors({
      add: async (a: number, b: number) => a + b,
      fail: async () => {
        throw new DataError('data/nothing-to-train-on', 'none');
      },
    });
    expect(await activities.add(1, 2)).toBe(3);
    await expect(activities.fail()).rejects.toMatchObject({ type: 'data/nothing-to-train-on', nonRetryable: true });
  });
});
