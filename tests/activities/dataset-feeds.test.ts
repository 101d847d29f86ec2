// Locks that a dataset of another run feeds a run by its name: what it asks, nothing that it answers, and with its hash.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createBoltRunActivities } from '../../activities/bolt/runs.ts';
import { createCurateActivities } from '../../activities/bolt/curate.ts';
import { createLabelQueriesActivities } from '../../activities/bolt/label-queries.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { boltConfig } from '../../configs/schema/bolt-loop.ts';
import { bestOfNConfig } from '../../configs/schema/best-of-n.ts';
import type { RunConfig } from '../../configs/schema/run-config.ts';
import type { CollectedQuery, CuratedQuery, DroppedQuery } from '../../domain/bolt/bolt-query.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { promptSet, type RunRef, type ShardTask } from '../../domain/run.ts';
import { failureFrom, inActivity, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import { makeBoltConfig, makeQuery, writeRows } from '../support/bolt-world.ts';
import type { OnlineDpoChanges } from '../support/make-run-config.ts';
import { makeSynthesisRow, writeDataset } from '../support/make-synthesis-rows.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';

const NO_COMMA = { question: 'Is it free of commas?', verifier: { kind: 'no_comma', args: {} } } as const;
const askOf = (index: number) => `Tell me about alpha${index} beta${index} gamma${index}?`;

describe('online rounds', () => {
  let bench: Awaited<ReturnType<typeof startActivityBench>>;

  beforeEach(async () => {
    bench = await startActivityBench({ answer: (_prompt, seed) => (seed % 2 === 0 ? 'plain' : 'well, with a comma') });
    await bench.writePrompts('held-out', [makePrompt('c', 'Tell me about dogs')]);
  });
  afterEach(() => bench.close());

  const fed = (changes: OnlineDpoChanges = {}): OnlineDpoChanges => ({
    data: { train: { dataset: 'made' }, heldOut: bench.pathOf('held-out'), checklist: [NO_COMMA] },
    ...changes,
  });

  it('train on the first user turn of each row, judged by the items of the config, with the dataset as parent', async () => {
    const ref = await writeDataset(bench.store, 'made', [
      makeSynthesisRow(0),
      makeSynthesisRow(1, {
        messages: [
          { role: 'user', content: 'first' },
          { role: 'assistant', content: 'reply' },
          { role: 'user', content: 'second' },
          { role: 'assistant', content: 'reply' },
        ],
      }),
    ]);
    const opened = await bench.open(fed());
    expect(opened.sets.train).toEqual({ shards: 1, rows: 2 });
    const manifest = await bench.store.find('test/data/train/prompts/shard-000');
    expect(manifest?.parents).toEqual([ref]);
    expect(await bench.store.read<PromptRow>(manifest ?? ref)).toEqual([
      { promptId: 'row-0', messages: [{ role: 'user', content: askOf(0) }], checklist: [NO_COMMA] },
      { promptId: 'row-1', messages: [{ role: 'user', content: 'first' }], checklist: [NO_COMMA] },
    ]);
    const identity = await bench.store.find('test/identity');
    const [row] = await bench.store.read<Record<string, unknown>>(identity ?? ref);
    expect(row).toMatchObject({ 'made/dataset': ref.contentHash });
  });

  it('answer what the dataset asks and judge it by the added items', async () => {
    await writeDataset(bench.store, 'made', [makeSynthesisRow(0)]);
    const { basePolicy: policy } = await bench.open(fed());
    const task: ShardTask = { run: bench.run, stage: 'sample', round: 1, shard: 0, policy };
    await bench.respond(task);
    // Seeds of the four samples of a prompt follow each other: two answers have a comma.
    expect(await bench.judge(task)).toMatchObject({ rollouts: 4, yes: 2, no: 2, unparsed: 0 });
    const asked = bench.chatCalls().map(({ body }) => (body as { readonly messages: unknown }).messages);
    expect(asked).toEqual([[{ role: 'user', content: askOf(0) }], [{ role: 'user', content: askOf(0) }]]);
  });

  it('are refused under a name that stands for the same questions of another dataset', async () => {
    await writeDataset(bench.store, 'made', [makeSynthesisRow(0)]);
    await writeDataset(bench.store, 'again', [makeSynthesisRow(0)], { shuffled: true });
    await bench.open(fed());
    const data = { train: { dataset: 'again' }, heldOut: bench.pathOf('held-out'), checklist: [NO_COMMA] };
    const failure = await failureFrom(bench.open({ data }));
    expect(failure.message).toBe(
      'Run "test" exists with other settings (config.data.train.dataset, made/dataset, again/dataset): choose another --name, or undo the change to go on with it.',
    );
  });

  it('say which dataset is missing, and pay nothing', async () => {
    const failure = await failureFrom(bench.open(fed()));
    expect(failure).toMatchObject({ type: 'config/unusable', nonRetryable: true });
    expect(failure.message).toBe(
      'data.train names the dataset of run "made", and this run\'s store has none: correct the name (`tickloop list` shows the runs), or let that run end first, with the same store.root.',
    );
    expect(bench.chatCalls()).toEqual([]);
  });

  it('never train on a held-out prompt that the dataset asks too', async () => {
    await writeDataset(bench.store, 'made', [makeSynthesisRow(0)]);
    await bench.writePrompts('held-out', [makePrompt('c', askOf(0))]);
    const failure = await failureFrom(bench.open(fed()));
    expect(failure).toMatchObject({ type: 'data/held-out-overlap', nonRetryable: true });
    expect(failure.message).toContain('is also "row-0" of the dataset of run "made"');
  });

  it('refuse a row that asks nothing', async () => {
    await writeDataset(bench.store, 'made', [makeSynthesisRow(0, { messages: [{ role: 'user', content: ' \n' }] })]);
    expect((await failureFrom(bench.open(fed()))).message).toBe(
      'Row 1 ("row-0") of the dataset of run "made" has no text in its first user turn: make the dataset anew.',
    );
  });

  it('put the added items after those that a file brings, and none twice', async () => {
    const own = { question: 'Is it short?', verifier: { kind: 'length_words', args: { max: 9 } } } as const;
    await bench.writePrompts('train', [
      makePrompt('a', 'Tell me about rain', { checklist: [own] }),
      makePrompt('b', 'Tell me about snow', { checklist: [{ ...NO_COMMA, weight: 7 }] }),
      makePrompt('d', 'Tell me about hail', { checklist: [] }),
    ]);
    const data = { train: bench.pathOf('train'), heldOut: bench.pathOf('held-out'), checklist: [NO_COMMA] };
    await bench.open({ data });
    const manifest = await bench.store.find('test/data/train/prompts/shard-000');
    if (manifest === undefined) throw new Error('no prompts');
    expect((await bench.store.read<PromptRow>(manifest)).map(({ checklist }) => checklist)).toEqual([
      [own, NO_COMMA],
      [{ ...NO_COMMA, weight: 7 }],
      [NO_COMMA],
    ]);
  });
});

describe('other loops', () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof startScriptedModelServer>>;
  let provider: ReturnType<typeof createRunServicesProvider>;
  let run: RunRef;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickloop-feeds-'));
    server = await startScriptedModelServer({ deterministic: { model: 'scripted', answer: () => 'never asked for' } });
    provider = createRunServicesProvider({});
    run = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  });
  afterEach(async () => {
    await provider.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const store = () => createLocalArtifactStore({ root: run.storeRoot });
  const open = (config: RunConfig) =>
    inActivity(() => withTranslatedErrors(createOpenRunActivities(provider)).openRun({ run, config }));

  async function readRows<Row extends object>(name: string): Promise<readonly Row[]> {
    const manifest = await store().find(name);
    if (manifest === undefined) throw new Error(`no ${name}`);
    return store().read<Row>(manifest);
  }

  it('draw the asked number of prompts from a dataset', async () => {
    await writeDataset(
      store(),
      'made',
      [0, 1, 2, 3].map((index) => makeSynthesisRow(index)),
    );
    const config = bestOfNConfig.parse({
      loop: 'best-of-n',
      data: { prompts: { dataset: 'made' }, rows: 2 },
      policy: { baseUrl: server.baseUrl, model: 'scripted' },
      judge: { baseUrl: server.baseUrl, model: 'scripted' },
      checklists: { source: 'tick' },
      store: { minFreeMb: 0 },
    });
    const opened = await open(config);
    expect(opened.sets.prompts).toEqual({ shards: 1, rows: 2 });
    expect(opened.measurable).toBe(false);
    const drawn = await readRows<PromptRow>('test/data/prompts/prompts/shard-000');
    expect(drawn.every(({ checklist }) => checklist.length === 0)).toBe(true);
  });

  it('curate a dataset beside a file, with its categories as topics, and keep evaluation sets out of it', async () => {
    const heldOut = 'Speak of held-out-0 zeta0 eta0 theta0';
    const dataset = await writeDataset(store(), 'made', [
      makeSynthesisRow(0, { tags: { category: 'writing' } }),
      makeSynthesisRow(1, { tags: { category: null } }),
      makeSynthesisRow(2, { messages: [{ role: 'user', content: heldOut }], tags: { category: 'logic' } }),
    ]);
    const config = await makeBoltConfig(folder, server.baseUrl, []);
    const file = await writeRows(folder, 'queries', [makeQuery(5)]);
    const queries = [file, { dataset: 'made' }];
    const curation = { ...config.curation, queries };
    const data = { ...config.data, checklist: [NO_COMMA] };
    await open({ ...config, data, curation } as RunConfig);

    const collected = await readRows<CollectedQuery>('test/bolt/collected/queries/shard-000');
    const more = await readRows<CollectedQuery>('test/bolt/collected/queries/shard-001');
    expect([...collected, ...more].map(({ promptId, topic }) => [promptId, topic ?? null])).toEqual([
      ['q-5', 'writing'],
      ['row-0', 'writing'],
      ['row-1', null],
      ['row-2', 'logic'],
    ]);
    expect(more[0]?.checklist).toEqual([NO_COMMA]);
    expect((await store().find('test/bolt/collected/queries/shard-001'))?.parents).toEqual([dataset]);

    const acts = withTranslatedErrors(createCurateActivities(provider));
    const screened = await inActivity(() => acts.screenCollected({ run, shards: 2 }));
    expect(screened.rows).toBe(3);
    expect(await readRows<DroppedQuery>('test/bolt/screening')).toMatchObject([
      { promptId: 'row-2', reason: 'evaluation-overlap' },
    ]);
    const first = await readRows<CuratedQuery>('test/bolt/screened/queries/shard-000');
    expect(first.map(({ text }) => text)).toContain(askOf(0));
  });

  it('feed the curation and the online rounds of one config', async () => {
    const made = await writeDataset(store(), 'made', [
      makeSynthesisRow(0, { tags: { category: 'writing' } }),
      makeSynthesisRow(1, { tags: { category: 'logic' } }),
    ]);
    const more = await writeDataset(store(), 'more', [makeSynthesisRow(1), makeSynthesisRow(7)]);
    const config = await makeBoltConfig(folder, server.baseUrl, []);
    const opened = await open(
      boltConfig.parse({
        ...config,
        data: { ...config.data, train: { dataset: 'more' }, checklist: [NO_COMMA] },
        curation: { ...config.curation, queries: [{ dataset: 'made' }] },
      }),
    );
    expect(opened.sets).toMatchObject({ collected: { rows: 2 }, given: { rows: 2 } });
    const [identity] = await readRows<Record<string, unknown>>('test/identity');
    expect(identity).toMatchObject({ 'made/dataset': made.contentHash, 'more/dataset': more.contentHash });

    const acts = withTranslatedErrors({
      ...createCurateActivities(provider),
      ...createLabelQueriesActivities(provider),
      ...createBoltRunActivities(provider),
    });
    const gathered = await inActivity(async () => {
      const { shards } = await acts.screenCollected({ run, shards: promptSet(opened, 'collected').shards });
      for (let shard = 0; shard < shards; shard += 1) await acts.labelQueries({ run, shard });
      const curated = await acts.settleCuration({ run, shards });
      return acts.gatherOnlinePrompts({ run, opened: { given: promptSet(opened, 'given'), curated } });
    });
    expect(gathered.rows).toBe(2);
    const given = await store().find('test/data/given/prompts/shard-000');
    expect(given?.parents).toEqual([more]);
    expect((await store().find('test/data/train/prompts/shard-000'))?.parents).toMatchObject([
      { name: 'test/data/given/prompts/shard-000', contentHash: given?.contentHash },
    ]);
    const prompts = await readRows<PromptRow>('test/data/train/prompts/shard-000');
    expect(prompts).toEqual([
      { promptId: 'row-1', messages: [{ role: 'user', content: askOf(1) }], checklist: [NO_COMMA] },
      { promptId: 'row-7', messages: [{ role: 'user', content: askOf(7) }], checklist: [NO_COMMA] },
    ]);
  });

  it('refuse a query whose id another source has too', async () => {
    await writeDataset(store(), 'made', [makeSynthesisRow(0)]);
    const config = await makeBoltConfig(folder, server.baseUrl, []);
    const file = await writeRows(folder, 'queries', [makeQuery(5, { promptId: 'row-0' })]);
    const curation = { ...config.curation, queries: [file, { dataset: 'made' }] };
    const failure = await failureFrom(open({ ...config, curation } as RunConfig));
    expect(failure).toMatchObject({ type: 'data/duplicate-prompt', nonRetryable: true });
    expect(failure.message).toBe(
      `Row 1 of the dataset of run "made" repeats promptId "row-0" of ${file}:1: ids must be unique over all query sets.`,
    );
  });
});
