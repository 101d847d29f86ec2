import { z } from 'zod';
import { endpointFields } from './endpoint.ts';

/** Where checklists come from, and how they are written and checked. */
export const checklistsConfig = z
  .strictObject({
    source: z
      .enum(['given', 'tick', 'rlcf-candidates'])
      .default('given')
      .describe(
        'given: each prompt brings its own; tick: written from the instruction alone; rlcf-candidates: written from the instruction and varied answers, with weights. What is written steers the loop; a checklist that a prompt brings then only measures',
      ),
    writer: z
      .union([z.literal('self'), z.strictObject(endpointFields)])
      .default('self')
      .describe('who writes: "self" is the base policy, otherwise an endpoint'),
    minItems: z.int().min(1).max(64).default(2).describe('fewest questions a written checklist may have'),
    maxItems: z.int().min(1).max(64).default(8).describe('most questions a written checklist may have'),
    attempts: z
      .int()
      .min(1)
      .max(5)
      .default(3)
      .describe('tries for an acceptable checklist, each with a new seed and told what was wrong before'),
    temperature: z.number().min(0).max(2).default(0.7).describe('softmax temperature of the writer'),
    maxTokens: z.int().min(64).max(8192).default(768).describe('longest analysis and checklist, tokens'),
    candidates: z
      .int()
      .min(1)
      .max(16)
      .default(4)
      .describe('answers that the writer is shown with rlcf-candidates; the policy draws them at temperature 1'),
    universalItems: z
      .boolean()
      .default(false)
      .describe(
        'add the items asked of every answer: no padding, no self-praise, complete, direct and in a fitting tone',
      ),
    verifierPrograms: z
      .boolean()
      .default(false)
      .describe(
        'ask the writer for a program for each item that has no verifier; items it cannot decide stay with the judge',
      ),
  })
  .superRefine(({ source, writer, minItems, maxItems, verifierPrograms }, context) => {
    if (minItems > maxItems) {
      context.addIssue({
        code: 'custom',
        path: ['minItems'],
        message: `minItems (${minItems}) must not be larger than maxItems (${maxItems})`,
      });
    }
    if (source === 'given' && writer !== 'self' && !verifierPrograms) {
      context.addIssue({
        code: 'custom',
        path: ['writer'],
        message:
          'nothing is written when source is "given" and verifierPrograms is false: drop writer, or choose another source',
      });
    }
  });

export type ChecklistsConfig = z.infer<typeof checklistsConfig>;
