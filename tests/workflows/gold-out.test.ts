// Locks what becomes of a version that gold could not measure, because its judge was out: the steering judge does not take its place.
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { answerUpdate } from '../../workflows/approvals.ts';
import { progressQuery, resumeSignal } from '../../workflows/loop-control.ts';
import { readReport, roundOf, startRoundsWorld, untilWaiting, type RoundsWorld } from '../support/rounds-world.ts';
import { startScriptedModelServer, type ScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TASK_QUEUE = 'gold-out';

let temporal: TestWorkflowEnvironment;
let world: RoundsWorld;
let gold: ScriptedModelServer;
let worker: WorkerProcess | undefined;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

/** By code, half of what the base and round 2 write passes, and all of round 1; gold praises more from round to round. */
function answer(prompt: string, seed: number, model: string): string {
  const round = roundOf(model);
  const isOdd = seed % 2 === 1;
  const praised = round > 0 || isOdd ? 'good' : 'fair';
  const hasComma = isOdd && !(round === 1 && prompt.startsWith('held-out'));
  return `${praised} words of version ${round}${hasComma ? ', with a comma' : ''}`;
}

beforeEach(async () => {
  gold = await startScriptedModelServer({
    deterministic: {
      model: 'gold',
      // It is out while it is shown what round 1 wrote.
      answer: (prompt) =>
        prompt.includes('of version 1') ? 'hm' : `VERDICT: ${prompt.includes('good words') ? 'YES' : 'NO'}`,
    },
  });
  world = await startRoundsWorld({ temporal, taskQueue: TASK_QUEUE, trainPrompts: 12, answer });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await world.close();
  await gold.close();
});

const goldJudge = () => ({ baseUrl: gold.baseUrl, model: 'gold', useVerifiers: false });

it('is not the best by the rate of the steering judge, in the result and in the report', async () => {
  const limits = { maxUnparsedShare: 1 };
  const result = await (await world.start('unmeasured', { goldJudge: goldJudge(), limits })).result();
  const report = await readReport(result);
  expect(report.evaluations.map(({ interval, gold: by }) => [interval?.mean, by?.mean])).toEqual([
    [0.5, 0.5],
    [1, undefined],
    [0.5, 1],
  ]);
  expect(result.best).toMatchObject({ round: 2, mean: 1 });
  expect(report).toMatchObject({ bestRound: 2, ruler: 'gold' });
});

it('waits for a person where a gate asks for its gold rate, and is built on once approved', async () => {
  const limits = { maxUnparsedShare: 1 };
  const gates = { heldOut: { maxDrop: 0.1 } };
  const handle = await world.start('unmeasured-gate', { goldJudge: goldJudge(), limits, rounds: 1, gates });
  expect(await untilWaiting(handle)).toBe(1);
  await handle.executeUpdate(answerUpdate, { args: ['approve'] });
  const result = await handle.result();
  expect(result.best).toMatchObject({ round: 0, mean: 0.5 });
  expect((await readReport(result)).rounds[0]?.gates).toMatchObject({ decision: 'wait', outcome: 'accepted' });
});

it('holds the run as a judge that is out does, which takes the evaluation as it is once resumed', async () => {
  const handle = await world.start('held', { goldJudge: goldJudge(), rounds: 1 });
  const heldBecause = async (): Promise<string> => {
    for (;;) {
      const { heldBecause: reason } = await handle.query(progressQuery).catch(() => ({ heldBecause: null }));
      if (reason !== null) return reason;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  // The answers to 4 prompts, one item each.
  expect(await heldBecause()).toMatch(
    /^Evaluation of version 1: (\d+) of \1 gold verdicts could not be read, more than limits\.maxUnparsedShare allows \(0\.2\)\. Look at/,
  );
  await handle.signal(resumeSignal);
  expect((await handle.result()).status).toBe('done');
});
