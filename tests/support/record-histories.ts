// Records the histories that tests/workflows/replay.test.ts replays, of real runs with scripted model servers:
// node --import tsx tests/support/record-histories.ts [magpie | skillmix | whole-weights | wildbench | bolt]...
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { RunConfig } from '../../configs/schema/run-config.ts';
import { wildbenchConfig } from '../../configs/schema/wildbench.ts';
import { taskQueues } from '../../domain/task-queues.ts';
import { progressQuery, resumeSignal } from '../../workflows/loop-control.ts';
import { makeBoltConfig, makeQuery, respondWith } from './bolt-world.ts';
import { MAGPIE_MODEL, makeMagpieConfig, tokenizeByTemplate, writeCheckpoint } from './magpie-world.ts';
import { FAKE_TRAINER, roundOf, startRoundsWorld } from './rounds-world.ts';
import { startScriptedModelServer } from './scripted-model-server.ts';
import { scrubHistory } from './scrub-history.ts';
import { makeSkillmixConfig, makeSkills, teachWell, turnOf, writeInventoryFiles } from './skillmix-world.ts';
import { startTemporalServer } from './temporal-server.ts';
import { judgeTruly, topicOf, writeTasks } from './wildbench-world.ts';
import { startWorkerProcess } from './worker-process.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const FIXTURES = join(REPOSITORY, 'tests/fixtures/histories');
const TASK_QUEUE = 'tickloop';
const CONFIG_HASH = '0'.repeat(64);

/** What is the same for all recordings of a process. */
interface Studio {
  readonly temporal: TestWorkflowEnvironment;
  readonly folder: string;
  /** Starts a run of the loop that the config names, in the studio's store. */
  start(workflow: string, runName: string, config: RunConfig): Promise<WorkflowHandle>;
  /** Writes the history of a workflow that has ended as a fixture of its name. */
  keep(
    workflowId: string,
    machine: { readonly baseUrls: readonly string[]; readonly folders?: readonly string[] },
  ): Promise<void>;
}

const place = (temporal: TestWorkflowEnvironment) => ({ address: temporal.address, taskQueue: TASK_QUEUE });

/** A run that is held and resumed, draws pairs and is exported; and the fresh history that a long one goes on in. */
async function recordMagpie({ temporal, folder, start, keep }: Studio): Promise<void> {
  const modelPath = await writeCheckpoint(folder);
  const tokenize = await tokenizeByTemplate();
  const server = await startScriptedModelServer({
    intercept: tokenize,
    deterministic: {
      ...MAGPIE_MODEL,
      answer: (prompt, seed, model) =>
        prompt.includes('VERDICT')
          ? `VERDICT: ${seed % 2 === 0 ? 'YES' : 'NO'}`
          : MAGPIE_MODEL.answer(prompt, seed, model),
    },
  });
  const { baseUrl } = server;
  try {
    const config = makeMagpieConfig(baseUrl, modelPath, {
      numRows: 12,
      temporal: place(temporal),
      queries: { maxTokens: 64, callsPerBatch: 1, samplesPerCall: 8 },
      screening: { maxEmptyShare: 0 },
      quality: {
        preferences: {
          draws: [{ temperature: 0.8, samples: 2 }],
          judge: { baseUrl, model: 'scripted' },
          checklist: ['Is it short?'],
        },
      },
    });
    const held = await start('magpieWorkflow', 'magpie', config);
    await untilHeld(held);
    await held.signal(resumeSignal);
    await held.result();
    await keep('run/magpie', { baseUrls: [baseUrl] });

    const run = { runName: 'magpie', storeRoot: join(folder, 'store'), configHash: CONFIG_HASH };
    const exported = await temporal.client.workflow.start('exportWorkflow', {
      workflowId: 'export/magpie',
      taskQueue: taskQueues(TASK_QUEUE).workflow,
      args: [
        {
          run,
          artifact: 'dataset',
          format: 'jsonl',
          folder: join(folder, 'exported'),
          licence: null,
          replace: false,
          taskQueue: TASK_QUEUE,
        },
      ],
    });
    await exported.result();
    await keep('export/magpie', { baseUrls: [baseUrl] });

    const reported = await temporal.client.workflow.start('reportWorkflow', {
      workflowId: 'report/magpie',
      taskQueue: taskQueues(TASK_QUEUE).workflow,
      args: [{ run, config, status: 'done', statusReason: null, startedAtMs: Date.now() }],
    });
    await reported.result();
    await keep('report/magpie', { baseUrls: [baseUrl] });

    const long = await start(
      'magpieWorkflow',
      'magpie-long',
      makeMagpieConfig(baseUrl, modelPath, {
        numRows: 42,
        temporal: place(temporal),
        queries: { maxTokens: 64, callsPerBatch: 1, samplesPerCall: 1 },
        screening: { maxEmptyShare: 1 },
        shards: { inFlight: 2 },
      }),
    );
    await long.result();
    await keep('run/magpie-long', { baseUrls: [baseUrl] });
  } finally {
    await server.close();
  }
}

/** A run whose first combinations are refused, so that a second wave draws others. */
async function recordSkillmix({ temporal, folder, start, keep }: Studio): Promise<void> {
  let drafts = 0;
  const server = await startScriptedModelServer({
    deterministic: {
      model: 'scripted',
      answer: (prompt, seed) =>
        turnOf(prompt) === 'draft' && (drafts += 1) <= 2 ? 'CANNOT COMBINE' : teachWell(prompt, seed),
    },
  });
  try {
    const files = await writeInventoryFiles(folder, makeSkills(12));
    const config = makeSkillmixConfig(server.baseUrl, files, {
      generation: { redraws: 2, minYield: 0 },
      temporal: place(temporal),
    });
    await (await start('skillmixWorkflow', 'skillmix', config)).result();
    await keep('run/skillmix', { baseUrls: [server.baseUrl] });
  } finally {
    await server.close();
  }
}

/** Two rounds of whole weights, of which the second is worse and is rolled back. */
async function recordWholeWeights({ temporal, keep }: Studio): Promise<void> {
  const world = await startRoundsWorld({
    temporal,
    taskQueue: TASK_QUEUE,
    trainPrompts: 12,
    takesWeights: true,
    answer: (prompt, seed, model) => {
      const passes = prompt.startsWith('held-out') ? roundOf(model) === 1 : seed % 2 === 0;
      return passes ? `version ${roundOf(model)} speaks` : `version ${roundOf(model)}, speaks`;
    },
  });
  try {
    const run = await world.start('run/whole', {
      training: { method: 'dpo', weights: 'full', command: [...FAKE_TRAINER], reference: 'initial' },
      gates: { kl: { maxNats: 100, tokensPerAnswer: 1, onFail: 'stop' }, heldOut: { maxDrop: 0.1 } },
    });
    await run.result();
    const machine = { baseUrls: [world.server.baseUrl], folders: [world.folder] };
    await keep('run/whole', machine);
    await keep('run/whole/round-2', machine);
  } finally {
    await world.close();
  }
}

/** Two policies and a judge. */
async function recordWildbench({ temporal, folder, start, keep }: Studio): Promise<void> {
  const serve = (model: string, quality: string) =>
    startScriptedModelServer({
      deterministic: { model, answer: (prompt) => judgeTruly(prompt) ?? `${topicOf(prompt)} is ${quality}` },
    });
  const [plain, other] = [await serve('plain', 'fair'), await serve('other', 'good')];
  try {
    await writeTasks(join(folder, 'tasks.jsonl'), 6);
    const config = wildbenchConfig.parse({
      loop: 'wildbench',
      data: { tasks: join(folder, 'tasks.jsonl') },
      policy: { baseUrl: plain.baseUrl, model: 'plain' },
      policies: { plain: {}, other: { baseUrl: other.baseUrl, model: 'other' } },
      baselines: ['plain'],
      judges: { wise: { baseUrl: plain.baseUrl, model: 'plain' } },
      sampling: { maxTokens: 64 },
      shards: { rows: 3, inFlight: 2 },
      store: { minFreeMb: 0 },
      temporal: place(temporal),
    });
    await (await start('wildbenchWorkflow', 'wildbench', config)).result();
    await keep('run/wildbench', { baseUrls: [plain.baseUrl, other.baseUrl] });
  } finally {
    await plain.close();
    await other.close();
  }
}

/** All stages, with one round of online training, measured by tasks too. */
async function recordBolt({ temporal, folder, start, keep }: Studio): Promise<void> {
  const server = await startScriptedModelServer({
    deterministic: {
      model: 'scripted',
      answer: (prompt, seed, model) => {
        const judged = judgeTruly(prompt);
        if (judged !== undefined) return judged;
        const topic = [...prompt.matchAll(/(?:topic|held-out)-\d+/g)].at(-1)?.[0] ?? 'nothing';
        const solution = seed % 2 === 0 ? `talk of ${topic}` : `well, talk of ${topic}`;
        return prompt.includes('=== EXAMPLE 1') || model !== 'scripted' ? respondWith(solution) : solution;
      },
      scoreToken: (model, _prefix_T, token) => -1 - (token % 4) / 4 + roundOf(model) / 2,
    },
  });
  try {
    const trainer = [process.execPath, join(REPOSITORY, 'tests/support/fake-policy-trainer.cjs')];
    const tasks = join(folder, 'tasks.jsonl');
    await writeTasks(tasks, 2);
    const queries = [0, 1, 2, 3].map((index) => makeQuery(index));
    const config = await makeBoltConfig(folder, server.baseUrl, queries, {
      temporal: place(temporal),
      evaluation: {
        samplesPerPrompt: 2,
        samplesPerCall: 1,
        wildbench: { tasks, judge: { baseUrl: server.baseUrl, model: 'scripted' }, sampling: { maxTokens: 64 } },
      },
      sft: { command: trainer },
      online: { rounds: 1, sampling: { samplesPerPrompt: 4, samplesPerCall: 2 }, training: { command: trainer } },
    });
    await (await start('boltWorkflow', 'bolt', config)).result();
    const children = ['', '/bootstrap', '/sft', '/online', '/sft/tasks-0'];
    for (const child of children) await keep(`run/bolt${child}`, { baseUrls: [server.baseUrl] });
  } finally {
    await server.close();
  }
}

const RECORDINGS: Readonly<Record<string, (studio: Studio) => Promise<void>>> = {
  magpie: recordMagpie,
  skillmix: recordSkillmix,
  'whole-weights': recordWholeWeights,
  wildbench: recordWildbench,
  bolt: recordBolt,
};

async function untilHeld(handle: WorkflowHandle): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await handle.query(progressQuery).catch(() => null))?.heldBecause == null) {
    if (Date.now() > deadline) throw new Error(`${handle.workflowId} was not held.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function createStudio(temporal: TestWorkflowEnvironment, folder: string): Studio {
  const storeRoot = join(folder, 'store');
  return {
    temporal,
    folder,
    start: (workflow, runName, config) =>
      temporal.client.workflow.start(workflow, {
        workflowId: `run/${runName}`,
        taskQueue: taskQueues(TASK_QUEUE).workflow,
        args: [{ run: { runName, storeRoot, configHash: CONFIG_HASH }, config, startedAtMs: Date.now() }],
      }),
    async keep(workflowId, { baseUrls, folders = [] }) {
      const history = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
      const text = scrubHistory(history, [
        ...[folder, ...folders].map((path) => [path, '/run'] as const),
        [REPOSITORY, '/tickloop'],
        [process.execPath, 'node'],
        ...baseUrls.map((url, index) => [url, `http://127.0.0.1:${8011 + index}`] as const),
        [temporal.address, '127.0.0.1:7233'],
        [hostname(), 'host'],
      ]);
      const name = `${workflowId.replaceAll('/', '__')}.json`;
      await writeFile(join(FIXTURES, name), text);
      console.log(`${name}: ${history.events?.length} events, ${text.length} characters`);
    },
  };
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in RECORDINGS));
if (unknown !== undefined)
  throw new Error(`There is no recording "${unknown}": ${Object.keys(RECORDINGS).join(', ')}.`);
const temporal = await startTemporalServer();
const worker = await startWorkerProcess(temporal.address, TASK_QUEUE);
try {
  for (const name of asked.length === 0 ? Object.keys(RECORDINGS) : asked) {
    const folder = await mkdtemp(join(tmpdir(), 'tickloop-record-'));
    await RECORDINGS[name]?.(createStudio(temporal, folder));
    await rm(folder, { recursive: true, force: true });
  }
} finally {
  await worker.kill('SIGKILL');
  await temporal.teardown();
}
