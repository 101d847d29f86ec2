// Locks that the gates of BOLT's online stage decide by divergence and by answers to tasks, each from its own version: the
// divergence is measured from the tuned policy, the answers are compared with those of the base.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BoltReport } from '../../domain/report/bolt/bolt-report.ts';
import type { boltWorkflow } from '../../workflows/bolt.ts';
import { makeBoltConfig, makeQuery, respondWith } from '../support/bolt-world.ts';
import { roundOf } from '../support/rounds-world.ts';
import { startScriptedModelServer, type ScriptedModelServer } from '../support/scripted-model-server.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { expectToGrow, watchProgress } from '../support/watch-progress.ts';
import { judgeTruly, writeTasks } from '../support/wildbench-world.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const TRAINER = [process.execPath, fileURLToPath(new URL('../support/fake-policy-trainer.cjs', import.meta.url))];
const TASK_QUEUE = 'bolt-gates';
/** Of the base, of the tuned policy, of the online round. */
const QUALITIES = ['fair', 'superb', 'poor'] as const;

let temporal: TestWorkflowEnvironment;
let folder: string;
let server: ScriptedModelServer;
let worker: WorkerProcess;

beforeAll(async () => {
  temporal = await startTemporalServer();
  folder = await mkdtemp(join(tmpdir(), 'tickloop-bolt-gates-'));
  server = await startScriptedModelServer({
    deterministic: {
      model: 'scripted',
      delayMs: 40,
      answer: (prompt, seed, model) => {
        const judged = judgeTruly(prompt);
        if (judged !== undefined) return judged;
        const version = roundOf(model);
        const isTask = prompt.includes('Talk about topic-');
        const solution = isTask
          ? `a ${QUALITIES[version] ?? 'fair'} answer`
          : `${seed % 2 === 0 ? 'talk' : 'well, talk'} of ${prompt.length}`;
        return prompt.includes('=== EXAMPLE 1') || version > 0 ? respondWith(solution) : solution;
      },
      scoreToken: (model, _prefix_T, token) => -1 - (token % 4) / 4 + roundOf(model) / 2,
    },
  });
  worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
});
afterAll(async () => {
  await worker.kill('SIGKILL');
  await temporal.teardown();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

it('rolls an online round back by its divergence and by its answers to tasks, and shows every stage on its way', async () => {
  const tasks = join(folder, 'tasks.jsonl');
  await writeTasks(tasks, 2);
  const judge = { baseUrl: server.baseUrl, model: 'scripted', callsInFlight: 2 };
  const config = await makeBoltConfig(
    folder,
    server.baseUrl,
    [0, 1, 2, 3, 4].map((index) => makeQuery(index)),
    {
      temporal: { address: temporal.address, taskQueue: TASK_QUEUE },
      sft: { command: TRAINER },
      evaluation: { samplesPerPrompt: 2, samplesPerCall: 1, wildbench: { tasks, judge, sampling: { maxTokens: 64 } } },
      online: {
        rounds: 1,
        sampling: { samplesPerPrompt: 4, samplesPerCall: 2 },
        training: { command: TRAINER },
        gates: {
          kl: { maxNats: 0.001, tokensPerAnswer: 2, onFail: 'roll-back' },
          wildbench: { measure: 'reward', maxDrop: 0.2 },
        },
      },
    },
  );
  const run = { runName: 'gated', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  const handle = await temporal.client.workflow.start<typeof boltWorkflow>('boltWorkflow', {
    workflowId: 'run/gated',
    taskQueue: `${TASK_QUEUE}-workflow`,
    args: [{ run, config, startedAtMs: Date.now() }],
  });
  const ended = handle.result();
  const seen = await watchProgress(temporal.client, 'gated', ended);
  const result = await ended;
  const report = JSON.parse(await readFile(result.reportJson, 'utf8')) as BoltReport;

  const [round] = report.rounds;
  expect(round).toMatchObject({ round: 2, gates: { outcome: 'rolled-back' } });
  expect(round?.gates?.findings.filter(({ passed }) => !passed).map(({ gate }) => gate)).toEqual(['kl', 'wildbench']);
  // The tuned policy gives the drawn tokens 0.5 nats more than the base does.
  expect(report.evaluations[2]?.kl?.reference).toContain('v1');
  // Slightly worse than the base in both orders of two tasks, whatever the tuned policy was.
  expect(report.evaluations[1]?.tasks?.reward).toMatchObject({ reward: 1, counts: { win_much: 4 } });
  expect(report.evaluations[2]?.tasks?.reward).toMatchObject({ reward: -0.5, counts: { lose: 4 } });
  expect(result.best).toMatchObject({ round: 1 });

  expectToGrow(seen);
  const counted = new Set(seen.flatMap(({ stage, part, stageTotal }) => (stageTotal > 0 ? [part ?? stage] : [])));
  expect([...counted]).toEqual(expect.arrayContaining(['bootstrap', 'held-out', 'tasks', 'sample']));
  expect(seen.at(-1)?.scored).toBe(report.evaluations[2]?.kl?.tokens);
});
