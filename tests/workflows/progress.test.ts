// Locks what a watcher of a run may rely on: no total ever falls, nothing is more than its whole, what a reference scores is
// not among the calls, and at the end the view has counted what the report counts.
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RunProgress } from '../../domain/run-progress.ts';
import { readReport, startRoundsWorld, type RoundsWorld } from '../support/rounds-world.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { expectToGrow, watchProgress } from '../support/watch-progress.ts';
import { judgeTruly, topicOf, writeTasks } from '../support/wildbench-world.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'progress';

let temporal: TestWorkflowEnvironment;
let world: RoundsWorld;
let worker: WorkerProcess;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  world = await startRoundsWorld({
    temporal,
    taskQueue: TASK_QUEUE,
    trainPrompts: 6,
    answer: (prompt, seed) => {
      const judged = judgeTruly(prompt);
      if (judged !== undefined) return judged;
      if (topicOf(prompt) !== 'nothing') return 'a fair answer';
      return seed % 2 === 0 ? `plain words about ${prompt.length}` : 'words, with commas';
    },
    delayMs: 60,
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker.kill('SIGKILL');
  await world.close();
});

/** What was seen of a part of the evaluations. */
const partOf = (seen: readonly RunProgress[], part: RunProgress['part']) =>
  seen.filter((progress) => progress.part === part);

it('tells every part of an evaluation with its own whole, and ends with the counts of the report', async () => {
  const tasks = join(world.folder, 'tasks.jsonl');
  await writeTasks(tasks, 4);
  const judge = { baseUrl: world.server.baseUrl, model: 'scripted', callsInFlight: 2 };
  const handle = await world.start('run/watched', {
    rounds: 1,
    gates: { kl: { maxNats: 10, tokensPerAnswer: 2 } },
    evaluation: { wildbench: { tasks, judge, sampling: { maxTokens: 16 } } },
  });
  const ended = handle.result();
  const seen = await watchProgress(temporal.client, 'watched', ended);
  const report = await readReport(await ended);
  expectToGrow(seen);
  // Four held-out prompts in one call each.
  expect(new Set(partOf(seen, 'held-out').map(({ stageTotal }) => stageTotal))).toEqual(new Set([0, 4]));
  // Of the base: an answer and a score for each of four tasks; of round 1: two pairs more.
  const wholes = partOf(seen, 'tasks').flatMap(({ round, stageTotal }) =>
    stageTotal === 0 ? [] : [`${round}: ${stageTotal}`],
  );
  expect(new Set(wholes)).toEqual(new Set(['0: 8', '1: 16']));

  const last = seen.at(-1);
  const sent = (isScoring: boolean) =>
    report.calls.filter(({ stage }) => stage.endsWith('/kl') === isScoring).reduce((sum, entry) => sum + entry.sent, 0);
  expect([last?.calls, last?.scored, last?.unreportedCalls]).toEqual([sent(false), sent(true), 0]);
  expect(last?.scored).toBe(16);
});
