import { z } from 'zod';

/** What every training of an adapter has, whatever its method. */
export const adapterFields = {
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
};

const sharedFields = {
  ...adapterFields,
  learningRate: z.number().gt(0).default(2e-4).describe('peak learning rate'),
  epochs: z.number().gt(0).default(1).describe('passes over the rows'),
  batchSize: z.int().min(1).default(4).describe('rows a step: pairs, completions or answers'),
  microBatchSize: z
    .int()
    .min(1)
    .optional()
    .describe('rows in one forward pass; divides batchSize, which it is without'),
  maxLength: z
    .int()
    .min(16)
    .default(1024)
    .describe('longest prompt plus answer, tokens; a longer row is dropped and counted'),
  schedule: z.enum(['cosine', 'constant']).default('cosine').describe('course of the learning rate after its warm-up'),
  optimizer: z
    .enum(['fresh', 'kept'])
    .default('fresh')
    .describe('kept: go on with the optimizer state of the round that made the weights'),
};

const reference = z
  .enum(['previous', 'initial'])
  .default('previous')
  .describe('what the policy is pulled back to: where the round starts, or the base model');

const dpoTraining = z.strictObject({
  method: z.literal('dpo').optional().default('dpo').describe('preference pairs'),
  ...sharedFields,
  beta: z.number().gt(0).default(0.1).describe('strength of the pull towards the reference'),
  nllWeight: z
    .number()
    .min(0)
    .default(0)
    .describe('weight of the negative log-likelihood of the chosen answers (iterative RPO)'),
  reference,
});

const gradientFields = {
  ...sharedFields,
  beta: z.number().min(0).default(0).describe('strength of the pull towards the reference; 0 computes none'),
  epsilon: z.number().gt(0).default(0.2).describe('clip distance of the ratio, downwards'),
  epsilonHigh: z.number().gt(0).optional().describe('clip distance upwards, as epsilon without it'),
  maskTruncated: z.boolean().default(false).describe('truncated answers count for the baseline and not for the loss'),
  reference,
};

const gradientTraining = z.strictObject({
  method: z
    .enum(['grpo', 'dr-grpo', 'rloo'])
    .describe('policy gradient on whole groups, with the ratio to the policy that sampled; equal groups are left out'),
  ...gradientFields,
});

const reinforceTraining = z.strictObject({
  method: z
    .literal('reinforce')
    .describe('policy gradient without a ratio; the baseline is the mean reward of the round'),
  ...gradientFields,
  allEqual: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('groups whose rewards are all equal: against the mean of the round they do say something'),
});

const restEmTraining = z.strictObject({
  method: z.literal('rest-em').describe('supervised training on the answers that are good enough'),
  ...sharedFields,
  minReward: z.number().gt(0).max(1).default(1).describe('smallest reward of an answer that is imitated'),
  maxAnswersPerPrompt: z.int().min(1).max(256).default(4).describe('most answers to one prompt, each text once'),
  startFrom: z
    .enum(['previous', 'base'])
    .default('previous')
    .describe('go on from the adapter of the round before, or start afresh each round (ReST-EM, STaR)'),
});

/** How new weights are made; the method decides what a round trains on. */
export const trainingConfig = z.discriminatedUnion('method', [
  dpoTraining,
  gradientTraining,
  reinforceTraining,
  restEmTraining,
]);

export type TrainingConfig = z.infer<typeof trainingConfig>;
