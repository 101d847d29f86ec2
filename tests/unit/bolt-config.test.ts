import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { boltSections } from '../../configs/schema/bolt.ts';

const draft = parse(await readFile(new URL('../fixtures/bolt/bolt-draft.yaml', import.meta.url), 'utf8')) as Record<
  'curation' | 'bootstrap' | 'sft',
  Record<string, unknown>
>;

function issuesOf(config: unknown): string[] {
  return (boltSections.safeParse(config).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

it('reads the draft', () => {
  const { curation, bootstrap, sft } = boltSections.parse(draft);
  expect(curation.topicRule).toEqual({ kind: 'cap', perTopic: 5 });
  expect(bootstrap.format.thoughtTokens).toEqual({ min: 16, max: 448 });
  expect(sft).toMatchObject({ epochs: 1, batchSize: 8, maxLength: 1024, tooLong: 'drop' });
});

it('has the numbers of the paper as defaults', () => {
  const { curation, bootstrap, sft } = boltSections.parse({ curation: { queries: ['queries.jsonl'] } });
  expect(curation.minDifficulty).toBe(5);
  expect(bootstrap).toMatchObject({ shown: 3, percentile: 30, sampling: { samplesPerPrompt: 8 } });
  expect(sft).toMatchObject({
    epochs: 4,
    batchSize: 128,
    learningRate: 2e-5,
    warmupRatio: 0.1,
    maxLength: 16_384,
    delimiters: { thoughtOpen: '<think>', thoughtClose: '</think>', solutionOpen: null, solutionClose: null },
  });
});

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
  [{ ...draft, bootstrap: { percentile: 100 } }, 'bootstrap.percentile: Too big: expected number to be <100'],
])('refuses what cannot work: %#', (config, issue) => {
  expect(issuesOf(config)).toEqual([issue]);
});
