import { z } from 'zod';
import { checklistsConfig } from './checklists.ts';
import { policyConfig, rewardModelConfig } from './endpoint.ts';
import { judgeConfig } from './judge.ts';
import { checkWritten } from './prompt-source.ts';
import { coverageFields, intervalFields, promptDataFields, runFields } from './run-fields.ts';
import { checkGroupSampling, groupSamplingConfig } from './sampling.ts';

/**
 * STICK's Best-of-N: N candidates, the one with the highest pass rate is the answer.
 *
 * @source TICK (arXiv 2410.03608) §4.2
 */
export const bestOfNConfig = z
  .strictObject({
    loop: z.literal('best-of-n').describe('Best-of-N by checklist'),
    ...runFields,
    data: z.strictObject(promptDataFields),
    policy: policyConfig,
    checklists: checklistsConfig.prefault({}),
    judge: judgeConfig.optional().describe('selects; the policy itself in the paper'),
    goldJudge: judgeConfig
      .optional()
      .describe('measures the answers and never selects; items with a verifier are measured by code'),
    sampling: groupSamplingConfig
      .extend({ samplesPerPrompt: z.int().min(2).max(256).default(8).describe('candidates of a prompt (N)') })
      .prefault({ maxTokens: 512 }),
    bestOfN: z
      .strictObject({
        keepTies: z
          .boolean()
          .default(false)
          .describe('score the whole set of tied best candidates (paper) instead of the one that the tie chain names'),
        baselines: z
          .array(z.enum(['greedy', 'self-score', 'majority']))
          .default(['greedy'])
          .describe(
            'other ways to answer, measured alike: greedy decoding, one score the policy gives itself, the answer most candidates agree on; random of N and oracle of N cost nothing and are always shown',
          ),
        rewardModel: rewardModelConfig
          .optional()
          .describe('a reward model that picks a candidate too; it answers {score}, or as vLLM does under /pooling'),
      })
      .prefault({}),
    evaluation: z.strictObject({ ...intervalFields, ...coverageFields }).prefault({}),
  })
  .superRefine((config, context) => {
    checkWritten(config, context);
    checkGroupSampling('sampling', config.sampling, (issue) => context.addIssue(issue));
  });

export type BestOfNConfig = z.infer<typeof bestOfNConfig>;
