import { z } from 'zod';
import { endpointFields } from './endpoint.ts';
import { judgeConfig } from './judge.ts';
import { coverageFields, intervalFields, runFields } from './run-fields.ts';
import { checkGroupSampling, groupSamplingConfig } from './sampling.ts';
import { trainingConfig } from './training.ts';

/** Rounds of online DPO: sample, judge, best against worst, train, publish, measure. */
export const onlineDpoConfig = z
  .strictObject({
    loop: z.literal('online-dpo').describe('training rounds on preference pairs'),
    ...runFields,
    rounds: z.int().min(1).max(1000).default(1).describe('training rounds'),
    data: z.strictObject({
      train: z.string().min(1).describe('JSONL file of training prompts, relative to the working directory'),
      heldOut: z.string().min(1).describe('JSONL file of evaluation prompts; must share no prompt with train'),
    }),
    policy: z.strictObject({
      ...endpointFields,
      modelPath: z.string().min(1).describe('folder of the base checkpoint, for the trainer'),
    }),
    judge: judgeConfig.optional().describe('decides the items that have no verifier'),
    sampling: groupSamplingConfig
      .extend({ samplesPerPrompt: z.int().min(2).max(256).default(8).describe('rollouts of a prompt (G)') })
      .prefault({}),
    evaluation: groupSamplingConfig
      .extend({
        samplesPerPrompt: z.int().min(1).max(256).default(2).describe('completions of a held-out prompt'),
        samplesPerCall: z.int().min(1).max(64).default(2).describe('completions asked for in one call (n)'),
        ...intervalFields,
        ...coverageFields,
      })
      .prefault({}),
    selection: z
      .strictObject({
        minMargin: z.number().gt(0).max(1).default(0.25).describe('smallest difference of pass rates of a pair'),
        maxPairsPerPrompt: z
          .int()
          .min(1)
          .max(64)
          .default(1)
          .describe('pairs of a prompt, best with worst, second best with second worst...'),
      })
      .prefault({}),
    training: trainingConfig.nullable().prefault({}).describe('null: make the preference data and train nothing'),
    publish: z
      .strictObject({
        tolerance: z
          .number()
          .gt(0)
          .default(0.15)
          .describe('largest mean difference a token, in nats, between served and trained log-probabilities'),
        minChange: z
          .number()
          .gt(0)
          .default(1e-3)
          .describe('smallest mean change a token, in nats, that counts as a new policy'),
      })
      .prefault({}),
  })
  .superRefine((config, context) => {
    for (const stage of ['sampling', 'evaluation'] as const) {
      checkGroupSampling(stage, config[stage], (issue) => context.addIssue(issue));
    }
  });

export type OnlineDpoConfig = z.infer<typeof onlineDpoConfig>;
