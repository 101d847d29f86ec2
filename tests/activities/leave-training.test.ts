// Locks when a trainer outlives its attempt: whenever the next attempt is to adopt it, and never after a stop.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cancelled } from '@temporalio/activity';
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunServices } from '../../activities/run-services.ts';
import { trainOnce } from '../../activities/training/train-once.ts';
import type { Trainer, TrainingJob } from '../../clients/trainer.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-leave-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What the trainer is told when its attempt is cancelled for that reason. */
async function leavesRunning(
  details: Partial<Record<'timedOut' | 'notFound' | 'workerShutdown' | 'cancelRequested', true>>,
) {
  const environment = new MockActivityEnvironment();
  const answers: boolean[] = [];
  const trainer: Trainer = {
    async run(_job, { signal, leaveRunning }) {
      environment.cancel('CANCELLED', new ActivityCancellationDetails(details));
      expect(signal.aborted).toBe(true);
      answers.push(leaveRunning());
      return cancelled();
    },
  };
  const services = { store: createLocalArtifactStore({ root: folder }) } as unknown as RunServices;
  const run = { runName: 'test', storeRoot: folder, configHash: '0'.repeat(64) };
  const policy = { round: 0, servedModel: 'base', adapterPath: null, adapterHash: null };
  const prepare = async () => ({
    job: {} as TrainingJob,
    command: undefined,
    rows: { name: 'test/round-001/pairs', contentHash: '', rows: 1 },
  });
  const training = { step: 'train', run, round: 1, policy, keepsOptimizer: false, prepare } as const;
  await expect(environment.run(() => trainOnce(services, trainer, training))).rejects.toThrow('CANCELLED');
  return answers;
}

it('leaves it running when the worker goes, or the server has given up on the attempt', async () => {
  for (const reason of ['workerShutdown', 'timedOut', 'notFound'] as const) {
    expect(await leavesRunning({ [reason]: true }), reason).toEqual([true]);
  }
});

it('ends it when the run is stopped', async () => {
  expect(await leavesRunning({ cancelRequested: true })).toEqual([false]);
});
