import { z } from 'zod';

/** How new weights are made. */
export const trainingConfig = z.strictObject({
  method: z.literal('dpo').default('dpo').describe('preference training with TRL'),
  beta: z.number().gt(0).default(0.1).describe('strength of the pull towards the reference'),
  learningRate: z.number().gt(0).default(2e-4).describe('peak learning rate'),
  epochs: z.number().gt(0).default(1).describe('passes over the pairs'),
  batchSize: z.int().min(1).default(4).describe('pairs a step'),
  maxLength: z
    .int()
    .min(16)
    .default(1024)
    .describe('longest prompt plus answer, tokens; a longer pair is dropped and counted'),
  loraRank: z
    .literal([1, 8, 16, 32, 64, 128, 256, 320, 512])
    .default(16)
    .describe('rank of the adapter; vLLM serves only these'),
  loraAlpha: z.number().gt(0).default(32).describe('scale of the adapter'),
  saveSteps: z.int().min(1).default(5).describe('steps between checkpoints'),
  command: z
    .array(z.string().min(1))
    .optional()
    .describe('launcher before the script, e.g. ["accelerate", "launch"]; default: the Python of the set-up'),
  device: z.enum(['cpu', 'auto']).default('cpu').describe('where to train'),
});
