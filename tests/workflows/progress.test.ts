// Locks what a watcher of a run may rely on: no total ever falls, nothing is more than its whole, what a reference scores is
// not among the calls, and at the end the view has counted what the report counts.
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { collectProgress } from '../../cli/collect-progress.ts';
import { keepGrowing } from '../../cli/keep-growing.ts';
import type { RunProgress } from '../../domain/run-progress.ts';
import { readReport, startRoundsWorld, type RoundsWorld } from '../support/rounds-world.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
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

/** Every progress that can be seen until the run has ended, as a view takes it. */
async function watch(runName: string, ended: Promise<unknown>): Promise<readonly RunProgress[]> {
  const seen: RunProgress[] = [];
  const pause = () => new Promise<'on'>((resolve) => setTimeout(resolve, 15, 'on'));
  const over = ended.then(() => 'over' as const);
  while ((await Promise.race([over, pause()])) === 'on') {
    const now = await collectProgress(temporal.client, runName).catch(() => undefined);
    if (now !== undefined) seen.push(keepGrowing(seen.at(-1) ?? null, now));
  }
  return seen;
}

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
  const seen = await watch('watched', ended);
  const report = await readReport(await ended);
  for (const { stageDone, stageTotal } of seen) expect(stageDone).toBeLessThanOrEqual(stageTotal);
  for (const total of ['calls', 'promptTokens', 'completionTokens', 'scored'] as const) {
    const values = seen.map((progress) => progress[total]);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  }
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
