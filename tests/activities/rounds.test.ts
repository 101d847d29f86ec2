// Locks how a round is drawn, sampled and turned into the job of each training method.
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createTrainActivities } from '../../activities/training/train.ts';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import type { Trainer, TrainingGroup, TrainingJob } from '../../clients/trainer.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { promptSet, type OpenedRun, type ShardTask } from '../../domain/run.ts';
import { inActivity, makePrompt, startActivityBench } from '../support/activity-bench.ts';
import type { OnlineDpoChanges } from '../support/make-run-config.ts';

const TOPICS = ['rain', 'bread', 'boats', 'moss', 'salt', 'ink'];

let bench: Awaited<ReturnType<typeof startActivityBench>>;
const provider = createRunServicesProvider({});

beforeEach(async () => {
  bench = await startActivityBench({
    // Answers about rain are all equal; of the others every second one fails.
    answer: (prompt, seed) => (seed % 2 === 0 || prompt.includes('rain') ? 'plain words only' : `Well, ${prompt}`),
  });
  await bench.writePrompts(
    'train',
    TOPICS.map((topic) => makePrompt(topic, `Say something about ${topic}`)),
  );
  await bench.writePrompts('held-out', [makePrompt('cats', 'Say something about cats')]);
  await writeFile(join(bench.pathOf('train'), '..', 'config.json'), '{}');
});
afterEach(() => bench.close());

const task = (opened: OpenedRun, shard = 0): ShardTask => ({
  run: bench.run,
  stage: 'sample',
  round: 1,
  shard,
  policy: opened.basePolicy,
});

async function sample(opened: OpenedRun, shard = 0): Promise<void> {
  await bench.respond(task(opened, shard));
  await bench.judge(task(opened, shard));
}

/** Opens, samples and selects a round, trains it with a trainer that only writes down its job. */
async function jobOf(changes: OnlineDpoChanges): Promise<TrainingJob> {
  const opened = await bench.open(changes);
  await sample(opened);
  const round = { run: bench.run, round: 1, policy: opened.basePolicy };
  await inActivity(() => bench.activities.selectRoundRows({ ...round, shards: 1, extraPrompts: 0 }));
  const jobs: TrainingJob[] = [];
  const trainer: Trainer = {
    async run(job) {
      jobs.push(job);
      await mkdir(join(job.outputDir, 'adapter'), { recursive: true });
      await writeFile(join(job.outputDir, 'adapter', 'adapter_config.json'), '{}');
      await appendFile(join(job.outputDir, 'events.jsonl'), '');
      return { adapterDir: join(job.outputDir, 'adapter'), probes: [] } as never;
    },
  };
  await inActivity(() => createTrainActivities(provider, trainer).train(round));
  const [job] = jobs;
  if (job === undefined) throw new Error('the trainer was not called');
  return job;
}

async function readLines<Row>(path: string): Promise<readonly Row[]> {
  return (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

describe('drawing', () => {
  it('replaces groups that teach nothing within its budget, once, and counts them', async () => {
    const changes = {
      data: { train: bench.pathOf('train'), heldOut: bench.pathOf('held-out'), promptsPerRound: 5 },
      sampling: { samplesPerPrompt: 4, samplesPerCall: 2, extraPrompts: 3 },
    };
    const opened = await bench.open(changes);
    await sample(opened);
    const { rows: first } = await readArtifact<PromptRow>(bench.store, 'test/round-001/sample/prompts/shard-000');
    const hasRain = first.some(({ promptId }) => promptId === 'rain');
    const extra = {
      run: bench.run,
      round: 1,
      policy: opened.basePolicy,
      trainSet: promptSet(opened, 'train'),
      shards: 1,
      planned: 5,
      drawn: 5,
    };
    const drawExtra = () => inActivity(() => bench.activities.drawExtraPrompts(extra));
    const more = await drawExtra();
    expect(more).toEqual({ firstShard: 1, shards: hasRain ? 1 : 0, rows: hasRain ? 1 : 0 });
    expect(await drawExtra()).toEqual(more);
    if (!hasRain) return;
    const { rows: second } = await readArtifact<PromptRow>(bench.store, 'test/round-001/sample/prompts/shard-001');
    expect([...first, ...second].map(({ promptId }) => promptId).toSorted()).toEqual(TOPICS.toSorted());
  });
});

describe('leaving items out', () => {
  const reward = (rules: object) => ({ reward: rules, training: { method: 'grpo' } }) as const;
  const roundOf = async (opened: OpenedRun, round: number) => {
    const trainSet = promptSet(opened, 'train');
    await inActivity(() => bench.activities.drawRoundPrompts({ run: bench.run, round, trainSet }));
    const { rows, manifest } = await readArtifact<PromptRow>(
      bench.store,
      `test/round-00${round}/sample/prompts/shard-000`,
    );
    return { rows, summary: manifest.summary };
  };

  it('by chance asks the judge less, trains on what was asked, and leaves the held-out set whole', async () => {
    const items = ['no_comma', 'no_comma', 'no_comma', 'no_comma'].map((kind, index) => ({
      question: `Free of commas, ${index}?`,
      verifier: { kind, args: {} } as const,
    })) as unknown as PromptRow['checklist'];
    await bench.writePrompts('train', [makePrompt('bread', 'Say something about bread', { checklist: items })]);
    await bench.writePrompts('held-out', [makePrompt('cats', 'Say something about cats', { checklist: items })]);
    const opened = await bench.open(reward({ itemDropout: 0.5 }));
    await sample(opened);
    const round = { run: bench.run, round: 1, policy: opened.basePolicy };
    const counts = await inActivity(() => bench.activities.selectRoundRows({ ...round, shards: 1, extraPrompts: 0 }));
    expect(counts).toMatchObject({ itemsJudged: 2, thinned: { itemsOffered: 4, itemsDropped: 2, itemsRetired: 0 } });
    const heldOut = await readArtifact<PromptRow>(bench.store, 'test/data/held-out/prompts/shard-000');
    expect(heldOut.rows[0]?.checklist).toHaveLength(4);
  });

  it('by retirement draws a prompt no more when no item is left, and finds the same after a restart', async () => {
    const opened = await bench.open(reward({ retireAfterRounds: 1 }));
    await sample(opened);
    // All answers about rain are free of commas: its one item retires, and with it the prompt.
    const second = await roundOf(opened, 2);
    expect(second.rows.map(({ promptId }) => promptId)).toEqual(TOPICS.filter((topic) => topic !== 'rain'));
    expect(second.summary).toMatchObject({ itemsOffered: 5, itemsRetired: 0, promptsRetired: 1 });
    expect(await roundOf(opened, 2)).toEqual(second);
  });
});

describe('sampling', () => {
  it('stores token ids and log-probabilities only for methods that train on them', async () => {
    const rollouts = async () =>
      (await readArtifact<Rollout>(bench.store, 'test/round-001/sample/rollouts/shard-000')).rows;
    const opened = await bench.open({ training: { method: 'grpo' } });
    await bench.respond(task(opened));
    const [first] = await rollouts();
    // A token is a word here: "Say something about rain" is four, "plain words only" three.
    expect(first?.sampled?.promptTokenIds_T).toHaveLength(4);
    expect(first?.sampled?.tokenIds_T).toHaveLength(3);
    expect(first?.sampled?.logprobs_T).toEqual([-0.5, -0.5, -0.5]);
    expect(bench.chatCalls()[0]?.body).toMatchObject({ return_token_ids: true, logprobs: true, top_logprobs: 0 });
  });

  it('asks for none where text is enough', async () => {
    await bench.respond(task(await bench.open()));
    expect(JSON.stringify(bench.chatCalls()[0]?.body)).not.toContain('return_token_ids');
  });
});

describe('the job of a round', () => {
  it('of dpo names pairs, reference and the weight of the chosen answers', async () => {
    const job = await jobOf({ training: { method: 'dpo', nllWeight: 1, reference: 'initial' } });
    expect(job).toMatchObject({ method: 'dpo', reference: 'initial', startAdapterPath: null });
    expect(job.hyperparameters).toMatchObject({ beta: 0.1, nllWeight: 1, schedule: 'cosine' });
    if (job.method !== 'dpo') throw new Error('a job of dpo');
    // All but rain have a pair.
    expect(await readLines(job.pairsPath)).toHaveLength(TOPICS.length - 1);
  });

  it('of grpo names whole groups with tokens and rewards, without those that are all equal', async () => {
    const job = await jobOf({ training: { method: 'dr-grpo', beta: 0.04 } });
    if (job.method !== 'grpo') throw new Error('a job of grpo');
    expect(job.hyperparameters).toMatchObject({ algorithm: 'dr-grpo', beta: 0.04, temperature: 1 });
    const groups = await readLines<TrainingGroup>(job.groupsPath);
    expect(groups).toHaveLength(TOPICS.length - 1);
    expect(groups[0]?.completions.map(({ reward }) => reward)).toEqual([1, 0, 1, 0]);
    expect(Object.keys(groups[0]?.completions[0] ?? {})).toEqual(['tokenIds', 'logprobs', 'reward', 'truncated']);
  });

  it('of rest-em names the good answers, each text once', async () => {
    const job = await jobOf({ training: { method: 'rest-em', startFrom: 'base' } });
    if (job.method !== 'sft') throw new Error('a job of sft');
    expect((await readLines(job.rowsPath))[0]).toEqual({
      prompt: [{ role: 'user', content: 'Say something about rain' }],
      completion: [{ role: 'assistant', content: 'plain words only' }],
    });
    // "plain words only" twice or four times a prompt is one row each.
    expect(await readLines(job.rowsPath)).toHaveLength(TOPICS.length);
  });
});
