import { z } from 'zod';
import { embedderConfig } from './endpoint.ts';
import { promptSource } from './prompt-source.ts';

const mergeByLetters = z.strictObject({
  by: z.literal('letters').describe('by spelling, without a model'),
  minSimilarity: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe(
      'smallest likeness in spelling of two names that are merged into one skill; 1 merges reordered and re-joined words alone, and 0.8 also formal_writing with informal_writing',
    ),
});

const mergeByMeaning = z.strictObject({
  by: embedderConfig.describe('an embedding model, asked for each name in words'),
  maxDistance: z
    .number()
    .gt(0)
    .max(2)
    .describe(
      'largest cosine distance (1 - cosine) of two names that are merged into one skill. Each model has a scale of its own, and opposites lie close together: begin low, such as 0.05, and read the field `merged` of the inventory',
    ),
});

const merge = z
  .union([mergeByLetters, mergeByMeaning], {
    error:
      'must be { by: letters, minSimilarity: ... } or { by: { baseUrl: ..., model: ... }, maxDistance: ... }, with no other field',
  })
  .prefault({ by: 'letters' })
  .describe('which names are one skill; the more frequent name stays');

const queryTypes = z
  .string()
  .min(1)
  .optional()
  .describe(
    'file of query types: numbered bold names, each with a definition and examples; default: the teacher writes them',
  );

const askedTypes = z.int().min(1).max(40).default(12).describe('query types that the teacher is asked for');
const maxTokens = z.int().min(16).max(16_384).default(1024).describe('longest list, tokens');
const output = z
  .enum(['lines', 'json'])
  .default('lines')
  .describe('how the teacher writes names: one a line, or as JSON, to which a server with structured output holds it');
const attempts = z.int().min(1).max(8).default(3).describe('tries for a readable list, each with a new seed');

/** Where skills and query types come from. */
export const skillInventory = z.discriminatedUnion('source', [
  z.strictObject({
    source: z.literal('asked').describe('topics and their skills by direct prompting, without any data'),
    topicRounds: z.int().min(1).max(50).default(4).describe('times that the teacher is asked for further topics'),
    topicsPerRound: z.int().min(1).max(100).default(20).describe('topics asked for at once'),
    skillsPerTopic: z.int().min(1).max(100).default(20).describe('skills asked for a topic'),
    queryTypes,
    askedTypes,
    merge,
    output,
    maxTokens,
    attempts,
  }),
  z.strictObject({
    source: z.literal('labelled').describe('skills that the rows of a data set need, named by the teacher and grouped'),
    data: promptSource.describe(
      'what is labelled: a JSONL file of prompts, or { dataset: <run> }: what the dataset of a run asks',
    ),
    rows: z.int().min(1).max(100_000).default(200).describe('rows that are labelled, drawn by the seed of the run'),
    skillsPerRow: z.int().min(1).max(20).default(4).describe('most skills asked for a row'),
    groupLabels: z.int().min(0).max(200).default(40).describe('labels grouped at once; 0 groups none'),
    groupRounds: z
      .int()
      .min(1)
      .max(8)
      .default(1)
      .describe('rounds of grouping at most: groups are grouped again, in other company, until a round joins none'),
    queryTypes,
    askedTypes,
    merge,
    output,
    maxTokens,
    attempts,
  }),
  z.strictObject({
    source: z.literal('files').describe('skills and query types that are given'),
    skills: z.string().min(1).describe('file with one name a line, as upstream publishes them'),
    queryTypes: z
      .string()
      .min(1)
      .describe('file of query types: numbered bold names, each with a definition and examples'),
    merge,
  }),
  z.strictObject({
    source: z.literal('run').describe('the inventory of another run of the same store'),
    run: z.string().min(1).describe('its name'),
  }),
]);

export type SkillInventoryConfig = z.infer<typeof skillInventory>;
export type SkillMerge = z.infer<typeof merge>;
export type AskedInventory = Extract<SkillInventoryConfig, { readonly source: 'asked' }>;
export type LabelledInventory = Extract<SkillInventoryConfig, { readonly source: 'labelled' }>;
