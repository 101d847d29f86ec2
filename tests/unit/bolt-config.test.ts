import { expect, it } from 'vitest';
import type { z } from 'zod';
import { boltConfig } from '../../configs/schema/bolt-loop.ts';
import { runIdentity } from '../../configs/run-identity.ts';
import { configOfLoop, stageSampling } from '../../configs/stage-sampling.ts';

const draft = {
  loop: 'bolt',
  data: { heldOut: 'held-out.jsonl' },
  policy: { baseUrl: 'http://127.0.0.1:8011', model: 'base', modelPath: 'models/base' },
  curation: { queries: ['queries.jsonl'], maxChars: 1200, topicRule: { kind: 'cap', perTopic: 5 } },
  bootstrap: {
    shown: 1,
    sampling: { samplesPerPrompt: 8, samplesPerCall: 4, maxTokens: 512 },
    format: { thoughtTokens: { min: 16, max: 448 } },
  },
  sft: { epochs: 1, batchSize: 8, maxLength: 1024 },
} satisfies z.input<typeof boltConfig>;

const issuesOf = (config: unknown): string[] =>
  (boltConfig.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

it('has the numbers of the paper as defaults', () => {
  const { curation, bootstrap, sft, online } = boltConfig.parse({ ...draft, bootstrap: {}, sft: {} });
  expect(curation?.minDifficulty).toBe(5);
  expect(bootstrap).toMatchObject({ shown: 3, percentile: 30, sampling: { samplesPerPrompt: 8 }, scorer: 'checklist' });
  expect(sft).toMatchObject({
    epochs: 4,
    batchSize: 128,
    learningRate: 2e-5,
    maxLength: 16_384,
    delimiters: { thoughtOpen: '<think>', thoughtClose: '</think>', solutionOpen: null, solutionClose: null },
  });
  expect(online).toMatchObject({
    rounds: 3,
    sampling: { samplesPerPrompt: 8, temperature: 1, topP: 1 },
    formatReward: true,
  });
});

it('holds a config of online rounds, of which supervised fine-tuning is the first', () => {
  const config = boltConfig.parse({ ...draft, seed: 7, online: { rounds: 2, selection: { minMargin: 0.5 } } });
  expect(configOfLoop(config, 'online-dpo')).toMatchObject({
    loop: 'online-dpo',
    seed: 7,
    rounds: 3,
    data: { heldOut: 'held-out.jsonl' },
    selection: { minMargin: 0.5 },
    publish: config.publish,
  });
  expect(configOfLoop(config, 'online-dpo')).not.toHaveProperty('bootstrap');
  expect(stageSampling(config, 'bootstrap').maxTokens).toBe(512);
  expect(stageSampling(config, 'follow')).toMatchObject({ temperature: 0, samplesPerPrompt: 1, samplesPerCall: 1 });
});

it('measures every evaluation by the gold judge, which stands beside the judge', () => {
  const goldJudge = { baseUrl: 'http://127.0.0.1:8012', model: 'gold' };
  const config = boltConfig.parse({ ...draft, goldJudge });
  expect(configOfLoop(config, 'online-dpo').goldJudge).toMatchObject(goldJudge);
  const moved = boltConfig.parse({ ...draft, goldJudge: { ...goldJudge, baseUrl: 'http://10.0.0.1:1' } });
  expect(runIdentity(moved)).toEqual(runIdentity(config));
  expect(runIdentity(boltConfig.parse(draft))).not.toEqual(runIdentity(config));
  expect(issuesOf({ ...draft, online: { goldJudge } })).toEqual(['online: Unrecognized key: "goldJudge"']);
});

it('is the same run with more stages and rounds, and on another server', () => {
  const config = boltConfig.parse(draft);
  const more = boltConfig.parse({ ...draft, stages: ['bootstrap'], online: { rounds: 9 } });
  expect(runIdentity(more)).toEqual(runIdentity(config));
  expect(runIdentity(boltConfig.parse({ ...draft, online: { formatReward: false } }))).not.toEqual(runIdentity(config));
  const by = (baseUrl: string) =>
    runIdentity(boltConfig.parse({ ...draft, bootstrap: { ...draft.bootstrap, by: { baseUrl, model: 'large' } } }));
  expect(by('http://a:1')).toEqual(by('http://b:2'));
});

const alone = { ...draft, curation: undefined };

it.each([
  [{ ...draft, curation: { ...draft.curation, minChars: 2000 } }, 'curation.minChars: must not be above maxChars'],
  [{ ...draft, curation: { ...draft.curation, topics: {} } }, 'curation.topics: must name at least one topic'],
  [
    { ...draft, bootstrap: { format: { delimiters: { solutionOpen: 'think' } } } },
    'bootstrap.format.delimiters: no mark may be part of another',
  ],
  [
    { ...draft, bootstrap: { sampling: { maxTokens: 71 } } },
    'bootstrap.sampling.maxTokens: no response of at most 71 tokens can reach the floors of 72',
  ],
  [
    { ...draft, bootstrap: { sampling: { samplesPerPrompt: 8, samplesPerCall: 3 } } },
    'bootstrap.sampling.samplesPerCall: samplesPerPrompt (8) must be a multiple of samplesPerCall (3)',
  ],
  [{ ...draft, sft: { maxLength: 20 } }, 'sft.maxLength: no row can reach the floors of 24'],
  [{ ...draft, sft: { batchSize: 8, microBatchSize: 3 } }, 'sft.microBatchSize: must divide batchSize (8), got 3'],
  [{ ...draft, bootstrap: { percentile: 100 } }, 'bootstrap.percentile: Too big: expected number to be <100'],
  [alone, 'curation: stage bootstrap needs its queries'],
  [{ ...draft, stages: ['bootstrap', 'online'] }, 'stages: must follow each other as in bootstrap, sft, online'],
  [{ ...alone, stages: ['sft'] }, 'from: stage sft needs the name of a run to go on from, or the stages before it'],
  [
    { ...alone, stages: ['online'], from: 'tuned' },
    'data: stage online needs a train file where no queries are curated before it',
  ],
  [
    { ...draft, online: { sampling: { samplesPerPrompt: 8, samplesPerCall: 3 } } },
    'online.sampling.samplesPerCall: samplesPerPrompt (8) must be a multiple of samplesPerCall (3)',
  ],
])('refuses what cannot work: %#', (config, issue) => {
  expect(issuesOf(config)).toEqual([issue]);
});
