import { z } from 'zod';
import { checklistsConfig } from './checklists.ts';
import { policyConfig } from './endpoint.ts';
import { judgeConfig } from './judge.ts';
import { checkWritten } from './prompt-source.ts';
import { coverageFields, intervalFields, promptDataFields, runFields } from './run-fields.ts';
import { samplingConfig } from './sampling.ts';

/**
 * STICK's self-refinement: answer, judge by checklist, rewrite what failed, again.
 *
 * @source TICK (arXiv 2410.03608) §4.1
 */
export const refineConfig = z
  .strictObject({
    loop: z.literal('refine').describe('self-refinement by checklist'),
    ...runFields,
    data: z.strictObject(promptDataFields),
    policy: policyConfig,
    checklists: checklistsConfig.prefault({}),
    judge: judgeConfig.optional().describe('answers the checklist between turns; the policy itself in the paper'),
    goldJudge: judgeConfig
      .optional()
      .describe('measures the answers and never steers them; items with a verifier are measured by code'),
    sampling: samplingConfig.prefault({ temperature: 0.7, maxTokens: 512 }).describe('of answers and of rewrites'),
    refine: z
      .strictObject({
        turns: z.int().min(1).max(16).default(4).describe('most rewrites of an answer (T)'),
        returns: z
          .enum(['last', 'best-seen'])
          .default('best-seen')
          .describe('which turn is the result: the last one (paper), or the earliest with the highest pass rate'),
        checklist: z
          .enum(['fixed', 'regenerated'])
          .default('fixed')
          .describe('one checklist for all turns, or a new one a turn'),
        baselines: z
          .array(z.enum(['self-refine']))
          .default([])
          .describe(
            'loops that are run beside it from the same first answers; self-refine: unstructured self-critique',
          ),
      })
      .prefault({}),
    evaluation: z.strictObject({ ...intervalFields, ...coverageFields }).prefault({}),
  })
  .superRefine(checkWritten);

export type RefineConfig = z.infer<typeof refineConfig>;
