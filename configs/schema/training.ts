import { z } from 'zod';

/** What every training has, whatever its method: an adapter or whole weights, and how the trainer is run. */
export const weightsFields = {
  weights: z
    .enum(['lora', 'full'])
    .optional()
    .describe(
      'lora (default): an adapter that is loaded beside the base; full: all weights, put in place of those that the server holds',
    ),
  loraRank: z
    .literal([1, 8, 16, 32, 64, 128, 256, 320, 512])
    .optional()
    .describe('rank of the adapter, 16 by default; vLLM serves only these'),
  loraAlpha: z.number().gt(0).optional().describe('scale of the adapter, 32 by default'),
  saveSteps: z.int().min(1).default(5).describe('steps between checkpoints'),
  command: z
    .array(z.string().min(1))
    .optional()
    .describe('launcher before the script, e.g. ["accelerate", "launch"]; default: the Python of the set-up'),
  device: z.enum(['cpu', 'auto']).default('cpu').describe('where to train'),
};

interface WeightsChoice {
  readonly weights?: 'lora' | 'full' | undefined;
  readonly loraRank?: number | undefined;
  readonly loraAlpha?: number | undefined;
}

/** What belongs to adapters has no meaning for whole weights, and is refused there rather than ignored. */
export function checkWeights(given: WeightsChoice, context: z.RefinementCtx): void {
  if (given.weights !== 'full') return;
  for (const field of ['loraRank', 'loraAlpha'] as const) {
    if (given[field] === undefined) continue;
    context.addIssue({
      code: 'custom',
      path: [field],
      message: 'belongs to adapters, and weights is full: leave it out, or train an adapter with weights: lora',
    });
  }
}

/** An adapter with its shape, or all weights. */
interface SettledWeights {
  readonly weights?: 'full';
  readonly loraRank?: number;
  readonly loraAlpha?: number;
}

/** Fills in what adapters have by default; whole weights have no such fields. */
export function settleWeights<Given extends WeightsChoice>({
  weights,
  loraRank,
  loraAlpha,
  ...rest
}: Given): Omit<Given, keyof WeightsChoice> & SettledWeights {
  if (weights === 'full') return { ...rest, weights };
  // Without a mark for adapters: runs from before there was a choice go on with the identity that they have.
  return { ...rest, loraRank: loraRank ?? 16, loraAlpha: loraAlpha ?? 32 };
}

const sharedFields = {
  ...weightsFields,
  learningRate: z
    .number()
    .gt(0)
    .optional()
    .describe('peak learning rate; by default 2e-4 for an adapter and 1e-5 for whole weights'),
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
  .describe(
    'what the policy is pulled back to: where the round starts, or where the rounds began (the base model; in bolt what fine-tuning made)',
  );

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
    .describe(
      'policy gradient on whole groups, with the ratio to the policy that sampled (of rloo: of whole answers, which is mostly noise where server or trainer compute in bfloat16); equal groups are left out',
    ),
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
    .describe('go on from the weights of the round before, or start afresh each round (ReST-EM, STaR)'),
});

/** How new weights are made; the method decides what a round trains on. */
export const trainingConfig = z
  .discriminatedUnion('method', [dpoTraining, gradientTraining, reinforceTraining, restEmTraining])
  .superRefine(checkWeights)
  .transform(fillTraining);

type GivenTraining = z.output<
  typeof dpoTraining | typeof gradientTraining | typeof reinforceTraining | typeof restEmTraining
>;

/** Of each method by itself, so that the union stays one. */
type Filled<Given> = Given extends GivenTraining
  ? Omit<Given, keyof WeightsChoice | 'learningRate'> & SettledWeights & { readonly learningRate: number }
  : never;

function fillTraining<Given extends GivenTraining>(given: Given): Filled<Given> {
  const learningRate = given.learningRate ?? (given.weights === 'full' ? 1e-5 : 2e-4);
  return { ...settleWeights(given), learningRate } as unknown as Filled<Given>;
}

export type TrainingConfig = z.infer<typeof trainingConfig>;
