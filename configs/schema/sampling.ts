import { z } from 'zod';

/** When a server ends a text that repeats itself. Only vLLM knows this, as `repetition_detection`. */
const repetitionDetection = z
  .strictObject({
    maxPatternTokens: z
      .int()
      .min(1)
      .max(1024)
      .describe('longest passage that is looked for, tokens (max_pattern_size)'),
    minPatternTokens: z
      .int()
      .min(1)
      .max(1024)
      .default(1)
      .describe('shortest passage that is looked for, tokens (min_pattern_size)'),
    minCount: z
      .int()
      .min(2)
      .max(1024)
      .describe('times in a row that a passage comes, to the very end of the text, before it is ended (min_count)'),
  })
  .superRefine(({ minPatternTokens, maxPatternTokens }, context) => {
    if (minPatternTokens <= maxPatternTokens) return;
    context.addIssue({
      code: 'custom',
      path: ['minPatternTokens'],
      message: `must be at most maxPatternTokens (${maxPatternTokens}), got ${minPatternTokens}`,
    });
  });

/** The field of it; sent only where it is given. */
export const repetitionDetectionField = {
  repetitionDetection: repetitionDetection
    .optional()
    .describe('has the server end a text that loops, which is then no whole one; absent: it runs on to maxTokens'),
};

/**
 * How completions are drawn. Every field is sent with every request, so that no server default can slip in; `repetitionDetection`,
 * which no server has by default, where it is given.
 */
export const samplingConfig = z.strictObject({
  temperature: z.number().min(0).max(2).default(1).describe('softmax temperature; 0 is greedy'),
  topP: z.number().gt(0).max(1).default(1).describe('nucleus mass in (0, 1]'),
  topK: z.int().min(0).default(0).describe('keep the k likeliest tokens; 0 keeps all'),
  minP: z.number().min(0).max(1).default(0).describe('drop tokens below this share of the likeliest one; 0 keeps all'),
  repetitionPenalty: z.number().gt(0).max(2).default(1).describe('1 is none'),
  maxTokens: z.int().min(1).max(32768).default(128).describe('longest completion, tokens'),
  ...repetitionDetectionField,
});

/** Sampling of a group: G completions of a prompt, n of them a call. */
export const groupSamplingConfig = samplingConfig.extend({
  samplesPerPrompt: z.int().min(1).max(256).default(8).describe('rollouts of a prompt (G)'),
  samplesPerCall: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('completions asked for in one call (n); at most this many are lost with it'),
});

export type SamplingConfig = z.infer<typeof samplingConfig>;
export type GroupSamplingConfig = z.infer<typeof groupSamplingConfig>;

/** Adds an issue for a group that can't be drawn as it is written. */
export function checkGroupSampling(
  field: string,
  { samplesPerPrompt, samplesPerCall, temperature }: GroupSamplingConfig,
  addIssue: (issue: { readonly code: 'custom'; readonly path: string[]; readonly message: string }) => void,
): void {
  if (samplesPerPrompt % samplesPerCall !== 0) {
    addIssue({
      code: 'custom',
      path: [field, 'samplesPerCall'],
      message: `samplesPerPrompt (${samplesPerPrompt}) must be a multiple of samplesPerCall (${samplesPerCall})`,
    });
  }
  if (temperature === 0 && samplesPerPrompt > 1) {
    addIssue({
      code: 'custom',
      path: [field, 'temperature'],
      message: `temperature 0 would draw the same answer ${samplesPerPrompt} times; raise it or set samplesPerPrompt to 1`,
    });
  }
}
