// Locks that a checklist is written once for each prompt, is rewritten when it can't be used, and is never silently empty.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createWriteChecklistsActivities } from '../../activities/checklists/write-checklists.ts';
import { hashJson } from '../../clients/content-hash.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import type { checklistsConfig } from '../../configs/schema/checklists.ts';
import { bestOfNConfig } from '../../configs/schema/best-of-n.ts';
import { UNIVERSAL_ITEMS } from '../../domain/checklist-writing/universal-items.ts';
import type { ChecklistRow } from '../../domain/checklist-writing/checklist-row.ts';
import type { RunRef, ShardTask } from '../../domain/run.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import { startScriptedModelServer, type ScriptedModelServer } from '../support/scripted-model-server.ts';

const CHECKLISTS = 'test/data/prompts/checklists/shard-000';
const GOOD = 'ANALYSIS: rain.\nCHECKLIST:\n1. [explicit] Is it about rain?\n2. Does it rhyme?';
const BAD = 'ANALYSIS: rain.\nCHECKLIST:\n1. [explicit] Is it about rain?\n2. What is its metre?';
const PROGRAM = 'It counts.\n```js\nfunction verify(text) { return text.length < 9; }\n```';

let folder: string;
let server: ScriptedModelServer;
let provider: ReturnType<typeof createRunServicesProvider>;
let run: RunRef;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-checklists-'));
  // When the script has run out, every reply is the same good checklist.
  server = await startScriptedModelServer({ deterministic: { model: 'base', answer: () => GOOD } });
  provider = createRunServicesProvider({});
  run = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
});
afterEach(async () => {
  await provider.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const reply = (content: string, finish_reason = 'stop') => ({
  body: {
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  },
});
const activities = () =>
  withTranslatedErrors({ ...createOpenRunActivities(provider), ...createWriteChecklistsActivities(provider) });
const bodies = () =>
  server.requests
    .filter(({ path }) => path === '/v1/chat/completions')
    .map(({ body }) => body as { readonly seed: number; readonly messages: readonly { readonly content: string }[] });
const contents = () => bodies().map(({ messages }) => messages[0]?.content ?? '');
const readRows = async () => readArtifact<ChecklistRow>(createLocalArtifactStore({ root: run.storeRoot }), CHECKLISTS);

async function open(checklists: z.input<typeof checklistsConfig>, prompts: readonly object[]): Promise<ShardTask> {
  const path = join(folder, 'prompts.jsonl');
  await writeFile(path, prompts.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const config = bestOfNConfig.parse({
    loop: 'best-of-n',
    data: { prompts: path },
    policy: { baseUrl: server.baseUrl, model: 'base', callsInFlight: 1 },
    judge: { baseUrl: server.baseUrl, model: 'base' },
    store: { minFreeMb: 0 },
    checklists,
  });
  const { basePolicy } = await inActivity(() => activities().openRun({ run, config }));
  return { run, stage: 'candidates', round: 0, shard: 0, policy: basePolicy };
}
const write = (task: ShardTask) => inActivity(() => activities().writeChecklists(task));
const prompt = (promptId: string, extra: object = {}) => ({
  promptId,
  messages: [{ role: 'user', content: `Write a poem about ${promptId}.` }],
  ...extra,
});

describe('writeChecklists', () => {
  it('writes one checklist a prompt, hashed, and counts what it cost', async () => {
    const task = await open({ source: 'tick' }, [prompt('rain')]);
    server.enqueue(reply(GOOD));
    expect(await write(task)).toMatchObject({ calls: 1, promptTokens: 10, completionTokens: 5, rollouts: 0 });
    const { rows, manifest } = await readRows();
    const checklist = [{ question: 'Is it about rain?', kind: 'explicit' }, { question: 'Does it rhyme?' }];
    expect(rows).toEqual([
      {
        promptId: 'rain',
        checklist,
        failure: null,
        hash: hashJson(checklist),
        source: 'tick',
        writer: 'base',
        templateHash: rows[0]?.templateHash,
        seed: bodies()[0]?.seed,
        attempts: 1,
        flags: [],
        rejections: [],
        programs: [],
      },
    ]);
    expect(manifest.summary).toMatchObject({
      prompts: 1,
      failed: 0,
      flagged: 0,
      items: 2,
      attempts: 1,
      rejections: {},
    });
    expect(contents()[0]).toContain('```text\nWrite a poem about rain.\n```');
  });

  it('sends a rejected checklist back with the reasons and a new seed', async () => {
    const task = await open({ source: 'tick' }, [prompt('rain')]);
    server.enqueue(reply(BAD), reply(GOOD));
    await write(task);
    const [first, second] = bodies();
    expect(second?.seed).toBe((first?.seed ?? 0) + 1);
    expect(contents()[1]?.startsWith(contents()[0]?.trimEnd() ?? '-')).toBe(true);
    expect(contents()[1]).toContain('1. Is it about rain?\n2. What is its metre?');
    expect(contents()[1]).toContain('- Question 2 is not a yes/no question.');
    const { rows, manifest } = await readRows();
    expect(rows[0]).toMatchObject({ attempts: 2, flags: [], rejections: ['too-few', 'not-yes-no'] });
    expect(manifest.summary).toMatchObject({ attempts: 2, rejections: { 'too-few': 1, 'not-yes-no': 1 } });
  });

  it('keeps what is usable after the last try, flagged, and records a failure where nothing is', async () => {
    const task = await open({ source: 'tick', attempts: 2 }, [prompt('rain'), prompt('snow')]);
    server.enqueue(reply(BAD), reply(BAD), reply('What now?'), reply("I'm sorry, I can't do that."));
    await write(task);
    const { rows, manifest } = await readRows();
    expect(rows).toMatchObject([
      {
        checklist: [{ question: 'Is it about rain?' }],
        failure: null,
        flags: ['too-few', 'items-dropped'],
        attempts: 2,
      },
      { checklist: [], failure: 'refusal', flags: [], attempts: 2, rejections: ['too-few', 'refusal'] },
    ]);
    expect(manifest.summary).toMatchObject({ prompts: 2, failed: 1, flagged: 1, items: 1 });
  });

  it('does not send a call again that the server refuses for its content', async () => {
    const task = await open({ source: 'tick' }, [prompt('rain')]);
    server.enqueue({ status: 400, body: { error: { message: 'The prompt is too long', code: 400 } } });
    expect(await write(task)).toMatchObject({ calls: 1, promptTokens: 0 });
    expect((await readRows()).rows).toMatchObject([{ failure: 'call-refused', attempts: 1 }]);
  });

  it('goes on after a failure without repeating a call that was answered, and ends with the same hash', async () => {
    const prompts = [prompt('rain'), prompt('snow')];
    const task = await open({ source: 'tick' }, prompts);
    server.enqueue(reply(BAD), reply(GOOD), { status: 503 });
    expect(await failureFrom(write(task))).toMatchObject({ type: 'model-server/unavailable', nonRetryable: false });
    server.enqueue(reply(GOOD));
    await write(task);
    // Two for rain, one that failed for snow, and that one again.
    expect(bodies()).toHaveLength(4);
    expect(bodies()[3]).toEqual(bodies()[2]);
    await write(task);
    expect(bodies()).toHaveLength(4);
    const disturbed = await readRows();
    expect(await createLocalLedgerStore({ root: run.storeRoot }).countsBelow(CHECKLISTS)).toMatchObject({
      sent: 4,
      answered: 3,
      failed: 1,
    });

    run = { ...run, storeRoot: join(folder, 'undisturbed') };
    const smooth = await open({ source: 'tick' }, prompts);
    server.enqueue(reply(BAD), reply(GOOD), reply(GOOD));
    await write(smooth);
    expect((await readRows()).manifest.contentHash).toBe(disturbed.manifest.contentHash);
  });

  it('passes given checklists through without a call, with the universal items behind them', async () => {
    const checklist = [{ question: 'Is it short?', verifier: { kind: 'length_words', args: { max: 9 } } }];
    const task = await open({ universalItems: true }, [prompt('rain', { checklist })]);
    expect(await write(task)).toMatchObject({ calls: 0 });
    expect(bodies()).toEqual([]);
    expect((await readRows()).rows).toMatchObject([
      { source: 'given', writer: null, attempts: 0, checklist: [...checklist, ...UNIVERSAL_ITEMS] },
    ]);
  });

  it('shows varied answers to the writer of a weighted checklist, and draws them once', async () => {
    const task = await open({ source: 'rlcf-candidates', candidates: 2 }, [prompt('rain')]);
    const choice = (index: number, content: string) => ({ index, message: { content }, finish_reason: 'stop' });
    server.enqueue(
      {
        body: { choices: [choice(0, 'Wet ```'), choice(1, 'Dry')], usage: { prompt_tokens: 3, completion_tokens: 4 } },
      },
      reply('- Is it about rain? (100)\n- Is it kind?\n- Does it rhyme? (25)'),
      reply('- Is it about rain? (100)\n- Does it rhyme? (25)'),
    );
    expect(await write(task)).toMatchObject({ calls: 3, promptTokens: 3 + 10 + 10, completionTokens: 4 + 5 + 5 });
    expect(bodies()[0]).toMatchObject({ n: 2, temperature: 1 });
    expect(contents()[1]).toContain('````text\n[answer 1]\nWet ```\n\n[answer 2]\nDry\n````');
    expect((await readRows()).rows).toMatchObject([
      {
        checklist: [
          { question: 'Is it about rain?', weight: 100 },
          { question: 'Does it rhyme?', weight: 25 },
        ],
        rejections: ['no-weight'],
      },
    ]);
  });

  it('asks for a program for each item without a verifier, and leaves the others to the judge', async () => {
    const checklist = [{ question: 'Is it short?' }, { question: 'Is it kind?' }];
    const task = await open({ verifierPrograms: true, universalItems: true }, [prompt('rain', { checklist })]);
    server.enqueue(reply(PROGRAM), reply('NONE'));
    expect(await write(task)).toMatchObject({ calls: 2 });
    const { rows, manifest } = await readRows();
    expect(rows[0]?.programs).toEqual(['written', 'deferred']);
    expect(rows[0]?.checklist.slice(0, 2)).toEqual([
      {
        question: 'Is it short?',
        verifier: { kind: 'program', args: { source: 'function verify(text) { return text.length < 9; }' } },
      },
      { question: 'Is it kind?' },
    ]);
    expect(manifest.summary).toMatchObject({ programsAsked: 2, programsWritten: 1, attempts: 0 });
  });

  it('refuses a prompt without a checklist where none is written, naming its line', async () => {
    expect(await failureFrom(open({}, [prompt('rain')]))).toMatchObject({
      type: 'data/invalid-row',
      message: expect.stringContaining('prompts.jsonl:1, field checklist: '),
    });
  });
});
