import { z } from 'zod';
import { endpointFields } from './endpoint.ts';

/** A judge of answers to tasks, and what it is asked for. */
export const wildbenchJudge = z.strictObject({
  ...endpointFields,
  modes: z
    .array(z.enum(['score', 'pair']))
    .min(1)
    .default(['score', 'pair'])
    .describe('what it is asked for: a score of each answer, a choice between two answers'),
  structuredOutput: z
    .boolean()
    .default(true)
    .describe('ask the server to hold the reply to its JSON schema; without it the reply is read as well as it can be'),
  maxTokens: z.int().min(16).max(32768).default(1024).describe('longest judgment, tokens'),
  temperature: z.number().min(0).max(2).default(0).describe('softmax temperature of the judge'),
  topP: z.number().gt(0).max(1).default(1).describe('nucleus mass of the judge, (0, 1]'),
  attempts: z.int().min(1).max(5).default(3).describe('tries for a readable judgment, each with a new seed'),
  retryTemperature: z.number().min(0).max(2).default(0.7).describe('lowest temperature of a second or later try'),
});

export type WildbenchJudgeConfig = z.infer<typeof wildbenchJudge>;
