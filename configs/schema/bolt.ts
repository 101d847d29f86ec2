import { z } from 'zod';
import { THINK_DELIMITERS } from '../../domain/bolt/thought-format.ts';
import { DEFAULT_TOPICS } from '../../domain/bolt/topics.ts';
import { endpointFields, rewardModelConfig } from './endpoint.ts';
import { promptSource } from './prompt-source.ts';
import { adapterFields } from './training.ts';
import { checkGroupSampling, groupSamplingConfig } from './sampling.ts';

const share = z.number().min(0).max(1);
const mark = z.string().regex(/^\S+$/, { error: 'must be one word without blanks' });

const delimitersConfig = z
  .strictObject({
    thoughtOpen: mark.default(THINK_DELIMITERS.thoughtOpen).describe('mark before the thoughts'),
    thoughtClose: mark.default(THINK_DELIMITERS.thoughtClose).describe('mark after the thoughts'),
    solutionOpen: mark
      .nullable()
      .default(THINK_DELIMITERS.solutionOpen)
      .describe('mark before the solution; null: none'),
    solutionClose: mark
      .nullable()
      .default(THINK_DELIMITERS.solutionClose)
      .describe('mark after the solution; null: none'),
  })
  .superRefine((delimiters, context) => {
    const marks = Object.values(delimiters).filter((one) => one !== null);
    const isInside = marks.some((one, index) => marks.some((other, at) => at !== index && other.includes(one)));
    if (isInside) context.addIssue({ code: 'custom', message: 'no mark may be part of another' });
  });

const tokenBounds = (min: number, max: number) =>
  z
    .strictObject({
      min: z.int().min(1).default(min).describe('fewest tokens'),
      max: z.int().min(1).default(max).describe('most tokens'),
    })
    .refine((bounds) => bounds.min <= bounds.max, { error: 'min must not be larger than max', path: ['min'] })
    .prefault({});

const labellerConfig = z.strictObject({
  by: z
    .union([z.literal('self'), z.literal('given'), z.strictObject(endpointFields)])
    .default('self')
    .describe('who labels: "self" is the policy, "given" takes the labels that rows bring, otherwise an endpoint'),
  attempts: z.int().min(1).max(5).default(3).describe('tries for a readable label, each with a new seed'),
  temperature: z.number().min(0).max(2).default(0).describe('softmax temperature of the first try'),
  retryTemperature: z.number().min(0).max(2).default(0.7).describe('softmax temperature of later tries'),
  maxTokens: z.int().min(8).max(4096).default(128).describe('longest reply, tokens; thoughts count'),
});

/** Which of the collected queries are bootstrapped from. @source BOLT (arXiv 2502.03860) §3.1.2 */
export const boltCuration = z
  .strictObject({
    queries: z
      .array(promptSource)
      .min(1)
      .describe(
        'JSONL files of conversations, relative to the working directory, or { dataset: <run> }: the dataset of a run',
      ),
    minChars: z.int().min(1).default(12).describe('shortest query, characters'),
    maxChars: z.int().min(1).default(6000).describe('longest query, characters'),
    languages: z
      .array(z.string().min(2))
      .default(['en'])
      .describe('ISO 639-1 codes of the languages to keep; [] keeps all'),
    duplicates: z
      .strictObject({
        shingleWords: z.int().min(1).max(20).default(3).describe('words in a shingle'),
        minSimilarity: z
          .number()
          .gt(0)
          .max(1)
          .default(0.6)
          .describe('Jaccard similarity from which two queries are one'),
      })
      .prefault({}),
    evaluationSets: z
      .array(z.strictObject({ name: z.string().min(1), path: z.string().min(1).describe('JSONL file of prompts') }))
      .default([])
      .describe('sets that must not be trained on; the library of examples is always one of them'),
    overlap: z
      .strictObject({
        gramWords: z
          .int()
          .min(4)
          .max(50)
          .default(13)
          .describe('words in a row that no query may share with these sets'),
        minWords: z.int().min(1).max(50).default(5).describe('shorter texts only overlap when they are equal'),
      })
      .refine(({ gramWords, minWords }) => minWords <= gramWords, {
        error: 'must not be above gramWords',
        path: ['minWords'],
      })
      .prefault({}),
    labeller: labellerConfig.prefault({}).describe('labels difficulty and topic'),
    minDifficulty: z
      .int()
      .min(0)
      .max(7)
      .default(5)
      .describe('criteria of seven that a query has to meet; 0 asks for no labels'),
    topics: z
      .record(z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/), z.string().min(1))
      .refine((topics) => Object.keys(topics).length > 0, { error: 'must name at least one topic' })
      .default(DEFAULT_TOPICS)
      .describe('closed list of topics: name and what belongs there'),
    topicRule: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('all') }),
        z.strictObject({ kind: z.literal('cap'), perTopic: z.int().min(1).describe('most queries of a topic') }),
        z.strictObject({
          kind: z.literal('flatten'),
          exponent: share.default(0.5).describe('a topic of n queries weighs n^exponent'),
          total: z.int().min(1).describe('queries to keep'),
        }),
      ])
      .default({ kind: 'all' })
      .describe('how topics are thinned out, by the seed of the run'),
  })
  .refine(({ minChars, maxChars }) => minChars <= maxChars, {
    error: 'must not be above maxChars',
    path: ['minChars'],
  });

/** How LongCoT data is drawn and filtered. @source BOLT (arXiv 2502.03860) §3.1.1, §3.1.3, §3.1.4 */
export const boltBootstrap = z
  .strictObject({
    by: z
      .union([z.literal('self'), z.strictObject(endpointFields)])
      .default('self')
      .describe(
        'who writes: "self" is the base policy, otherwise a stronger model; a small one fails the format often',
      ),
    examples: z
      .string()
      .min(1)
      .default('configs/data/bolt-examples')
      .describe('folder of worked examples, one YAML file each'),
    shown: z.int().min(1).max(10).default(3).describe('examples in a prompt'),
    drawPer: z.enum(['query', 'sample']).default('query').describe('query: samples of a query share their examples'),
    sampling: groupSamplingConfig.prefault({ maxTokens: 4096 }).describe('the paper draws 8 and names no temperature'),
    attempts: z
      .int()
      .min(1)
      .max(10)
      .default(2)
      .describe('draws for a query without a valid response, each with other examples and seeds'),
    format: z
      .strictObject({
        delimiters: delimitersConfig.prefault({}),
        thoughtTokens: tokenBounds(64, 12_288),
        solutionTokens: tokenBounds(8, 4096),
        maxRepetition: share.default(0.3).describe('largest share of word 6-grams that came before'),
        maxEcho: share.default(0.3).describe("largest share of the solution's word 8-grams that a shown example has"),
        maxOverlap: share.default(0.9).describe("largest share of the solution's word 8-grams that the thoughts have"),
        sameLanguage: z.boolean().default(true).describe('the solution has to be in the language of the query'),
      })
      .prefault({}),
    guide: z
      .strictObject({
        thoughtSentences: z
          .strictObject({
            min: z.int().min(1).max(64).default(2).describe('fewest sentences'),
            max: z.int().min(1).max(64).default(8).describe('most sentences'),
          })
          .refine(({ min, max }) => min <= max, { error: 'min must not be larger than max', path: ['min'] })
          .prefault({}),
      })
      .nullable()
      .default(null)
      .describe(
        'lets the server (vLLM) hold responses to the layout by a grammar, for models that do not keep to it; null, as in the paper: they are asked to',
      ),
    scorer: z
      .union([z.literal('checklist'), z.literal('verifier'), rewardModelConfig])
      .default('checklist')
      .describe(
        'what scores a solution, and never the thoughts: all items of its checklist, those alone that code decides, or a reward model',
      ),
    percentile: z
      .number()
      .min(0)
      .lt(100)
      .default(30)
      .describe('scores below this percentile of all scores are dropped; 0 drops none'),
    minYield: share
      .default(0.1)
      .describe('hold the run, with advice, when a smaller share of the responses follows the format'),
    minSamples: z.int().min(1).default(64).describe('responses to see before minYield is looked at'),
  })
  .superRefine(({ sampling }, context) => {
    checkGroupSampling('sampling', sampling, (issue) => context.addIssue(issue));
  });

/** How the model is trained on what was bootstrapped. @source BOLT (arXiv 2502.03860) §3.2, §4.1 */
export const boltSft = z.strictObject({
  delimiters: delimitersConfig.prefault({}).describe('marks that are trained on; those of the bootstrap may differ'),
  epochs: z.number().gt(0).default(4).describe('passes over the rows; the last checkpoint goes on'),
  batchSize: z.int().min(1).default(128).describe('rows a step'),
  microBatchSize: z
    .int()
    .min(1)
    .optional()
    .describe('rows in one forward pass; divides batchSize, which it is by default'),
  learningRate: z
    .number()
    .gt(0)
    .default(2e-5)
    .describe('peak learning rate, after a tenth of the steps; cosine from there'),
  maxLength: z.int().min(16).default(16_384).describe('longest row, tokens'),
  tooLong: z
    .enum(['drop', 'refuse'])
    .default('drop')
    .describe('what becomes of a longer row: dropped and counted, or an error'),
  ...adapterFields,
});
