// Locks that Instruct-SkillMix with a teacher that knows its trade makes exactly the rows that were asked for, pays for no
// turn twice when it is killed, and ends with the same dataset; and that a shortfall is stated, not hidden.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { SkillmixReport } from '../../domain/report/skillmix/skillmix-report.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { pauseSignal, progressQuery, resumeSignal, stopSignal } from '../../workflows/loop-control.ts';
import type { skillmixWorkflow } from '../../workflows/skillmix.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';
import {
  makeSkillmixConfig,
  makeSkills,
  skillsOf,
  teachWell,
  turnOf,
  writeInventoryFiles,
} from '../support/skillmix-world.ts';
import { startTemporalServer } from '../support/temporal-server.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

const CALLS_IN_FLIGHT = 4;
const ROWS = 12;
/** Draft, critique, refine. */
const CALLS = ROWS * 3;

let temporal: TestWorkflowEnvironment;
let folder: string;
let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
let worker: WorkerProcess | undefined;
let teach: (prompt: string, seed: number) => string;

beforeAll(async () => {
  temporal = await startTemporalServer();
});
afterAll(() => temporal.teardown());

beforeEach(async () => {
  teach = teachWell;
  folder = await mkdtemp(join(tmpdir(), 'tickloop-skillmix-'));
  server = await startScriptedModelServer({
    deterministic: { model: 'scripted', delayMs: 40, answer: (prompt, seed) => teach(prompt, seed) },
  });
  worker = await startWorkerProcess(temporal.address, 'skillmix');
});
afterEach(async () => {
  await worker?.kill('SIGKILL');
  worker = undefined;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(workflowId: string, storeName: string, changes: Parameters<typeof makeSkillmixConfig>[2] = {}) {
  const files = await writeInventoryFiles(folder, makeSkills(12));
  const config = makeSkillmixConfig(server.baseUrl, files, {
    numRows: ROWS,
    policy: { baseUrl: server.baseUrl, model: 'scripted', callsInFlight: CALLS_IN_FLIGHT },
    temporal: { address: temporal.address, taskQueue: 'skillmix' },
    ...changes,
  });
  const run = { runName: 'same', storeRoot: join(folder, storeName), configHash: '0'.repeat(64) };
  return temporal.client.workflow.start<typeof skillmixWorkflow>('skillmixWorkflow', {
    workflowId,
    taskQueue: 'skillmix-workflow',
    args: [{ run, config, startedAtMs: Date.now() }],
  });
}

const readDataset = (storeName: string) =>
  readArtifact<SynthesisRow>(createLocalArtifactStore({ root: join(folder, storeName) }), 'same/dataset');
const readReport = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as SkillmixReport;
const chats = () => server.requests.filter(({ path }) => path === '/v1/chat/completions');
const untilChats = async (count: number) => {
  while (chats().length < count) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('Instruct-SkillMix', () => {
  it('makes exactly the rows that were asked for, each from skills of its own', async () => {
    const result = await (await start('whole', 'a')).result();
    expect(result.status).toBe('done');
    expect(chats()).toHaveLength(CALLS);
    const { rows } = await readDataset('a');
    expect(rows).toHaveLength(ROWS);
    for (const { messages, origin } of rows) {
      if (origin.method !== 'skillmix') throw new Error('a row of another method');
      const skills = origin.skills.map((skill) => skill.replaceAll('_', ' ')).join(', ');
      expect(messages).toEqual([
        { role: 'user', content: `On Monday I have to bring ${skills} together. How?` },
        { role: 'assistant', content: `Response: take ${skills} apart first, by Sunday.` },
      ]);
      expect(origin).toMatchObject({ quality: 'clean', queryModel: 'scripted', replyModel: 'scripted' });
    }
    const report = await readReport(result.reportJson);
    expect(report.measures).toMatchObject({
      pairs: ROWS,
      rows: ROWS,
      combinations: ROWS,
      sameCombination: 0,
      failures: [],
      // 12 rows in three types
      queryTypes: ['asking', 'mending', 'planning'].map((queryType) => ({ queryType, rows: 4 })),
      namingSkill: ROWS,
      refined: { pairs: ROWS, unchanged: 0, onlyPraise: 0 },
    });
    expect(report.calls.map(({ stage, sent, lost }) => [stage, sent, lost])).toEqual([['skillmix/results', CALLS, 0]]);
    expect(result.summary).toContain('rows of the dataset 12 of 12 (12 of 12 pairs that were tried)');
    const page = await readFile(result.reportHtml, 'utf8');
    for (const text of ['Replies by turn', 'user (refined)', 'different combinations']) expect(page).toContain(text);
  });

  it('killed and started again repeats only calls in the air, and ends with the same dataset', async () => {
    await (await start('undisturbed', 'a')).result();
    const killed = await start('killed', 'b');
    await untilChats(CALLS + CALLS / 2);
    await worker?.kill('SIGKILL');
    worker = await startWorkerProcess(temporal.address, 'skillmix');
    expect((await killed.result()).status).toBe('done');
    expect(chats().length - 2 * CALLS).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
    const [a, b] = [await readDataset('a'), await readDataset('b')];
    expect(b.ref.contentHash).toBe(a.ref.contentHash);
    expect(new Set(b.rows.map(({ rowId }) => rowId)).size).toBe(ROWS);
    // The same run once more finds everything there.
    const paid = chats().length;
    expect((await (await start('again', 'b')).result()).status).toBe('done');
    expect(chats()).toHaveLength(paid);
  });

  it('waits while paused, and stopped it goes on later with what was paid for', async () => {
    const paused = await start('paused', 'c');
    await untilChats(4);
    await paused.signal(pauseSignal);
    // Two batches of three pairs are in the air and are finished.
    await untilChats(18);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(chats()).toHaveLength(18);
    expect((await paused.query(progressQuery)).paused).toBe(true);
    await paused.signal(resumeSignal);
    await untilChats(24);
    await paused.signal(stopSignal);
    const stopped = await paused.result();
    expect([stopped.status, (await readReport(stopped.reportJson)).datasetRows]).toEqual(['stopped', null]);
    expect((await (await start('after', 'c')).result()).status).toBe('done');
    expect(chats().length - CALLS).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
    expect((await readDataset('c')).rows).toHaveLength(ROWS);
  });

  it('draws other skills for rows that fail, and has them all in the end', async () => {
    // A combination is refused for good by its first letter; another draw has another one.
    teach = (prompt, seed) =>
      turnOf(prompt) === 'draft' && skillsOf(prompt) < 'k' ? 'CANNOT COMBINE' : teachWell(prompt, seed);
    const result = await (await start('redrawn', 'd', { generation: { redraws: 12, minYield: 0 } })).result();
    const report = await readReport(result.reportJson);
    expect(report.datasetRows).toBe(ROWS);
    const { pairs, rows, refusedCombinations, redrawn, combinations } = report.measures;
    expect([rows, combinations, pairs - rows, redrawn]).toEqual([ROWS, ROWS, refusedCombinations, pairs - ROWS]);
    expect(refusedCombinations).toBeGreaterThan(0);
    expect(report.measures.queryTypes.map((type) => type.rows)).toEqual([4, 4, 4]);
    expect(chats()).toHaveLength(3 * ROWS + refusedCombinations);
  });

  it('is held when hardly a pair succeeds, and states the shortfall when it is resumed', async () => {
    teach = (prompt, seed) =>
      skillsOf(prompt) < 'n' ? 'I would rather talk of the weather.' : teachWell(prompt, seed);
    const handle = await start('held', 'e', { generation: { redraws: 0, attempts: 2, minYield: 0.9 } });
    const deadline = Date.now() + 60_000;
    let reason: string | null = null;
    while (reason === null && Date.now() < deadline) {
      reason = (await handle.query(progressQuery).catch(() => null))?.heldBecause ?? null;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(reason).toMatch(/^\d+ of the first 12 pairs gave a row, .*draft\/no-labels.*generation\.output to json/);
    await handle.signal(resumeSignal);
    const result = await handle.result();
    const report = await readReport(result.reportJson);
    const { rows } = report.measures;
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(ROWS);
    expect(report.datasetRows).toBe(rows);
    expect(report.statusReason).toBe(
      `${rows} of 12 rows: 12 pairs were tried, each row with at most 0 redraws (generation.redraws). Most often: draft/no-labels. The teacher does not keep to the layout: name a larger teacher, or set generation.output to json.`,
    );
    expect(report.measures.turns[0]).toMatchObject({ turn: 'draft', unread: 2 * (ROWS - rows) });
  });

  it('fails with the commonest failure of all waves where no pair gave a row', async () => {
    let drafts = 0;
    teach = () => ((drafts += 1) <= 2 * ROWS ? 'CANNOT COMBINE' : 'I would rather talk of the weather.');
    const generation = { redraws: 2, attempts: 1, minYield: 0 };
    const failed = await (await start('nothing', 'g', { generation })).result().catch((error: unknown) => error);
    if (!(failed instanceof WorkflowFailedError)) throw new Error('the run did not fail');
    const cause = failed.cause?.cause;
    if (!(cause instanceof ApplicationFailure)) throw failed;
    expect([cause.type, cause.nonRetryable]).toEqual(['data/no-rows', true]);
    expect(cause.message).toContain(
      '0 of 12 rows: 36 pairs were tried, each row with at most 2 redraws (generation.redraws). Most often: draft/cannot-combine.',
    );
  });

  it('names skills by topic, writes types, and spoils an exact share of the rows', async () => {
    const result = await (
      await start('asked', 'f', {
        numRows: 10,
        inventory: { source: 'asked', topicRounds: 2, topicsPerRound: 2, skillsPerTopic: 4 },
        lowQuality: { kind: 'brevity', share: 0.3 },
        draw: { skills: [1, 2] },
      })
    ).result();
    const report = await readReport(result.reportJson);
    expect(report.datasetRows).toBe(10);
    // Two rounds, three topics, one list of types; three turns for each of ten rows, and three answers of a paragraph.
    expect(report.calls.map(({ stage, sent }) => [stage, sent])).toEqual([
      ['skillmix/asked', 6],
      ['skillmix/results', 33],
    ]);
    // Twelve names: three are their topic, two repeat weighing_trade_offs and two estimating_effort; home, garden, travel.
    expect(report.inventory.counts).toMatchObject({ named: 12, topicNames: 3, repeats: 4, skills: 5 });
    const { rows } = await readDataset('f');
    const spoiled = rows.filter(({ origin }) => origin.method === 'skillmix' && origin.quality === 'brevity');
    expect(spoiled).toHaveLength(3);
    expect(new Set(spoiled.map(({ messages }) => messages[1]?.content))).toEqual(
      new Set(['In a paragraph: it depends.']),
    );
    expect(report.measures.qualities).toEqual([
      { quality: 'brevity', rows: 3 },
      { quality: 'clean', rows: 7 },
    ]);
  });
});
