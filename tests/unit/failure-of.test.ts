import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TerminatedFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { exitCodeOf, failureOf } from '../../cli/failure-of.ts';
import { ConfigError } from '../../domain/errors.ts';

const told = ApplicationFailure.nonRetryable('No pair to train on.', 'data/nothing-to-train-on');
const inActivity = new ActivityFailure('Activity task failed', 'train', '1', 'NON_RETRYABLE_FAILURE', 'worker', told);
const inChild = new ChildWorkflowFailure(
  'default',
  { workflowId: 'run/a/round-1', runId: 'x' },
  'roundWorkflow',
  'NON_RETRYABLE_FAILURE',
  inActivity,
);

describe('failureOf', () => {
  it.each([
    ['our own error', new ConfigError('config/invalid', 'Wrong field.'), 'config/invalid', 'Wrong field.'],
    ['a failure with a type', told, 'data/nothing-to-train-on', 'No pair to train on.'],
    ['an activity', inActivity, 'data/nothing-to-train-on', 'No pair to train on.'],
    [
      'a workflow, its child and its activity',
      new WorkflowFailedError('Workflow execution failed', inChild, 'NON_RETRYABLE_FAILURE'),
      'data/nothing-to-train-on',
      'No pair to train on.',
    ],
    [
      'a workflow that was terminated',
      new WorkflowFailedError(
        'Workflow execution terminated',
        new TerminatedFailure('by hand'),
        'NON_RETRYABLE_FAILURE',
      ),
      'internal/unexpected',
      'by hand',
    ],
    ['a failure without a type', ApplicationFailure.create({ message: 'oops' }), 'internal/unexpected', 'oops'],
    ['an unknown error', new TypeError('oops'), 'internal/unexpected', 'oops'],
    ['a thrown text', 'oops', 'internal/unexpected', 'oops'],
  ])('finds code and sentence of %s', (_what, error, code, message) => {
    expect(failureOf(error)).toEqual({ code, message });
  });
});

describe('exitCodeOf', () => {
  it('is 2 for a config that cannot be used and 1 for the rest', () => {
    const codes = ['config/invalid', 'config/run-exists', 'data/nothing-to-train-on', 'internal/unexpected'];
    expect(codes.map((code) => exitCodeOf({ code, message: '' }))).toEqual([2, 2, 1, 1]);
  });
});
