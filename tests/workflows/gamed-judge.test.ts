// Locks that a judge which pays for length is found out by the gates, and that its round does not stay.
import { readFile } from 'node:fs/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Rollout } from '../../domain/rollout.ts';
import { answerUpdate } from '../../workflows/approvals.ts';
import { readReport, roundOf, startRoundsWorld, untilWaiting, type RoundsWorld } from '../support/rounds-world.ts';
import { startScriptedModelServer, type ScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'gamed-judge';

let temporal: TestWorkflowEnvironment;
let world: RoundsWorld;
let judge: ScriptedModelServer;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

/** Every version writes ten words more than the one before; odd seeds write ten more than even ones. */
function answer(_prompt: string, seed: number, model: string): string {
  return Array<string>(4 + 10 * (roundOf(model) + (seed % 2)))
    .fill('plain')
    .join(' ');
}

beforeEach(async () => {
  judge = await startScriptedModelServer({
    deterministic: {
      model: 'judge',
      answer: (prompt) => `I like it long.\nVERDICT: ${(prompt.match(/plain/g) ?? []).length > 12 ? 'YES' : 'NO'}`,
    },
  });
  world = await startRoundsWorld({
    temporal,
    taskQueue: TASK_QUEUE,
    trainPrompts: 12,
    answer,
    item: { question: 'Is the answer short?', verifier: { kind: 'length_words', args: { max: 10 } } },
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await world.close();
  await judge.close();
});

const judgeAlone = () => ({ baseUrl: judge.baseUrl, model: 'judge', useVerifiers: false });

it('makes a run wait when its rate rises and the gold rate falls, and the rejected round is rolled back', async () => {
  const handle = await world.start('run/gamed', {
    rounds: 1,
    judge: judgeAlone(),
    gates: { goldGap: {}, length: { onFail: 'roll-back' } },
  });
  expect(await untilWaiting(handle)).toBe(1);
  await handle.executeUpdate(answerUpdate, { args: ['reject'] });
  const result = await handle.result();
  expect(result.best).toMatchObject({ round: 0, mean: 0.5 });
  expect([...world.server.adapters]).toEqual([]);

  const report = await readReport(result);
  // The base: 4 or 14 words, so judge and gold say yes to one half each. Version 1: 14 or 24, the judge to all, gold to none.
  expect(report.evaluations.map(({ interval, gold }) => [interval?.mean, gold?.mean])).toEqual([
    [0.5, 0.5],
    [1, 0],
  ]);
  expect(report.rounds[0]?.gates).toMatchObject({ decision: 'wait', answer: 'reject', outcome: 'rolled-back' });
  // 0.5 up and 0.5 down; 23 and 83 characters before, 83 and 143 after: 113 of 53 on average.
  const findings = report.rounds[0]?.gates?.findings.map(({ gate, passed, text }) => [gate, passed, text]);
  expect(findings).toEqual([
    [
      'goldGap',
      false,
      "Since the base, the judge's rate rose by +1.000 more than the gold rate, interval +1.000 to +1.000 over 4 prompts; the whole interval must not lie above +0.100.",
    ],
    [
      'length',
      false,
      "Held-out answers are 2.13 times as long as the base's (113 characters over 8 answers, 53 over 8); at most 1.5 times as long or as short is allowed.",
    ],
  ]);
  const page = await readFile(result.reportHtml, 'utf8');
  expect(page).toContain('rolled-back (rejected)');
  expect(page).toContain('rose by +1.000 more than the gold rate');
});

it('is stopped by the length gate alone where nobody is to be asked: each round goes back to the base', async () => {
  const handle = await world.start('run/long', {
    judge: judgeAlone(),
    gates: { length: { onFail: 'roll-back' } },
  });
  const result = await handle.result();
  expect(result.best).toMatchObject({ round: 0 });
  expect((await readReport(result)).rounds.map(({ gates }) => gates?.outcome)).toEqual(['rolled-back', 'rolled-back']);
  const rollouts = await world.readSamples<Rollout>(2, 'rollouts');
  expect(new Set(rollouts.map(({ policy }) => policy))).toEqual(new Set(['base:scripted']));
});
