import { z } from 'zod';
import { MAX_QUERY_CALLS } from '../../domain/synthesis/query-plan.ts';
import { QUERY_PRESETS, type QueryPresetName } from '../../domain/synthesis/query-presets.ts';
import { SCREEN_RULES } from '../../domain/synthesis/screen-query.ts';
import { endpointFields, policyConfig } from './endpoint.ts';
import { intervalFields, runFields } from './run-fields.ts';
import { repetitionDetectionField, samplingConfig } from './sampling.ts';
import { synthesisQuality } from './synthesis-quality.ts';

const PRESET_NAMES = Object.keys(QUERY_PRESETS) as [QueryPresetName, ...QueryPresetName[]];

/** A name that rows carry. */
const keyName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, {
  error: 'must be 1 to 64 letters, digits, "-" or "_", the first a letter or digit',
});

const cellConfig = z.strictObject({
  temperature: z.number().gt(0).max(2).describe('softmax temperature; greedy would draw one query for ever'),
  topP: z.number().gt(0).max(1).default(1).describe('nucleus mass in (0, 1]'),
  minP: z.number().min(0).max(1).default(0).describe('drop tokens below this share of the likeliest one; 0 keeps all'),
  share: z.number().gt(0).default(1).describe('how many of all queries are drawn so, relative to the other cells'),
});

const queriesConfig = z.strictObject({
  preset: z
    .enum(PRESET_NAMES)
    .default('llama-3')
    .describe('mix of temperatures and nuclei, newline stop and sanitiser of a published set or model'),
  cells: z.array(cellConfig).min(1).max(64).optional().describe("a mix of one's own in place of the preset's"),
  newlineStop: z
    .boolean()
    .optional()
    .describe('end a query at its first newline, since models like to answer right after it; default: as the preset'),
  sanitiser: z
    .enum(['none', 'llama-3', 'gemma-2'])
    .optional()
    .describe('rules of a family that clean queries up; lossy. Default: as the preset'),
  topK: z.int().min(0).default(0).describe('keep the k likeliest tokens; 0 keeps all'),
  repetitionPenalty: z.number().gt(0).max(2).default(1).describe('1 is none'),
  maxTokens: z.int().min(1).max(32768).default(2048).describe('longest query, tokens; a longer one is dropped'),
  callsPerBatch: z.int().min(1).max(256).default(4).describe('calls of a batch'),
  samplesPerCall: z.int().min(1).max(256).default(32).describe('queries of a call (n)'),
  ...repetitionDetectionField,
});

const steeringConfig = z.record(
  keyName,
  z.strictObject({
    prompt: z
      .string()
      .min(1)
      .nullable()
      .describe('file with the system prompt, relative to the working directory; null draws without one'),
    weight: z.number().gt(0).default(1).describe('how many queries it steers, relative to the other prompts'),
  }),
);

const repliesConfig = samplingConfig.extend({
  by: z
    .union([z.literal('self'), z.strictObject(endpointFields)])
    .default('self')
    .describe('who answers: the model that wrote the queries, or another one'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe('softmax temperature; 0 is greedy. Default: as the preset, greedy for most as in the paper'),
  maxTokens: z.int().min(1).max(32768).default(4096).describe('longest reply, tokens'),
  withSteering: z
    .boolean()
    .default(false)
    .describe('answer under the system prompt that steered the query; the dataset does not show it'),
});

const turnsConfig = z.strictObject({
  count: z.int().min(1).max(8).default(1).describe('turns of a conversation'),
  systemPrompt: z
    .string()
    .min(1)
    .nullable()
    .default('prompts/magpie-multi-turn.md')
    .describe(
      'file with the system prompt under which later user turns are drawn; null for templates without a system role',
    ),
});

const screeningConfig = z.strictObject({
  minChars: z.int().min(0).max(1000).default(15).describe('shortest query, characters; CJK characters count three'),
  rejectMarkdown: z
    .boolean()
    .optional()
    .describe('drop queries that are drawn with a heading or bold at their beginning; default: as the preset'),
  rules: z
    .array(z.enum(SCREEN_RULES))
    .optional()
    .describe('rules of thumb by which queries are dropped; [] for none. Default: all of them'),
  maxEmptyShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('hold the run when more of a batch are empty: the template is wrong then'),
  maxLengthShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('hold the run when more of a batch run on to maxTokens, or are ended because they loop'),
});

/**
 * Magpie: instructions drawn from an aligned model with nothing but its chat template, and its own replies.
 *
 * @source Magpie (arXiv 2406.08464)
 */
export const magpieConfig = z
  .strictObject({
    loop: z.literal('magpie').describe('Magpie: conversations from nothing but a chat template'),
    ...runFields,
    policy: policyConfig
      .extend({
        modelPath: z
          .string()
          .min(1)
          .default('.tickloop/models/smollm2-135m-instruct')
          .describe('folder of the checkpoint that is served, for its chat template'),
      })
      .describe('the model that writes the queries'),
    numRows: z.int().min(1).max(10_000_000).default(1000).describe('rows of the dataset, exactly'),
    maxBatches: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(200)
      .describe('batches at most; then the run ends with fewer rows'),
    queries: queriesConfig.prefault({}),
    steering: steeringConfig.default({}).describe('system prompts that steer queries, by name; without any, none is'),
    turns: turnsConfig.prefault({}),
    screening: screeningConfig.prefault({}),
    replies: repliesConfig.prefault({}),
    quality: synthesisQuality.prefault({}).describe('tags, neighbours, rewards and filters'),
    evaluation: z.strictObject(intervalFields).prefault({}),
  })
  .superRefine(({ maxBatches, queries: { callsPerBatch } }, context) => {
    if (maxBatches * callsPerBatch <= MAX_QUERY_CALLS) return;
    context.addIssue({
      code: 'custom',
      path: ['maxBatches'],
      message: `${maxBatches} batches of ${callsPerBatch} calls (queries.callsPerBatch) are more than the ${MAX_QUERY_CALLS} calls that have seeds of their own: allow fewer batches, or draw more queries with each call (queries.samplesPerCall)`,
    });
  });

export type MagpieConfig = z.infer<typeof magpieConfig>;
