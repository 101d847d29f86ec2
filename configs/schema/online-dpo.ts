import { z } from 'zod';
import { endpointFields } from './endpoint.ts';
import { gatesConfig } from './gates.ts';
import { judgeConfig } from './judge.ts';
import { addedChecklist, describeSource, promptSource, type PromptSource } from './prompt-source.ts';
import { coverageFields, intervalFields, runFields } from './run-fields.ts';
import { checkGroupSampling, groupSamplingConfig, type SamplingConfig } from './sampling.ts';
import { taskEvaluationConfig, type TaskEvaluationConfig } from './task-evaluation.ts';
import { trainingConfig, type TrainingConfig } from './training.ts';

/** How the verdicts on an answer become the reward that training goes by. */
const rewardConfig = z.strictObject({
  kind: z
    .enum(['pass-rate', 'weighted', 'soft', 'weighted-soft', 'all-pass', 'hybrid'])
    .default('pass-rate')
    .describe(
      'share of yes, the same by item weight, mean probability, the same by weight, all or nothing, or share and all-or-nothing mixed',
    ),
  minCoverage: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('smallest share of items with a verdict; below it an answer has no reward, which is not 0'),
  itemDropout: z
    .number()
    .gt(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      'share of the items of a training prompt that a round does not ask, others each round; null: all are asked',
    ),
  retireAfterRounds: z
    .int()
    .min(1)
    .max(1000)
    .nullable()
    .default(null)
    .describe(
      'rounds after which a training item that all answers met, or none, is not asked again; held-out items never retire',
    ),
  allPassShare: z.number().min(0).max(1).default(0.5).describe('share of all-or-nothing in kind hybrid'),
});

/** Rounds of online training: sample, judge, select, train, publish, measure, pass the gates. */
export const onlineDpoConfig = z
  .strictObject({
    loop: z.literal('online-dpo').describe('training rounds; training.method says on what'),
    ...runFields,
    rounds: z.int().min(1).max(1000).default(1).describe('training rounds'),
    data: z.strictObject({
      train: promptSource.describe(
        'JSONL file of training prompts, relative to the working directory, or { dataset: <run> }: what the dataset of a run asks',
      ),
      checklist: addedChecklist,
      heldOut: z.string().min(1).describe('JSONL file of evaluation prompts; must share no prompt with train'),
      promptsPerRound: z
        .int()
        .min(1)
        .optional()
        .describe('training prompts of a round, none again before all were used; default: all of them, every round'),
    }),
    policy: z.strictObject({
      ...endpointFields,
      modelPath: z.string().min(1).describe('folder of the base checkpoint, for the trainer'),
    }),
    judge: judgeConfig.optional().describe('decides the items that have no verifier'),
    goldJudge: judgeConfig
      .optional()
      .describe('measures the held-out answers and never steers; items with a verifier are measured by code'),
    reward: rewardConfig.prefault({}),
    sampling: groupSamplingConfig
      .extend({
        samplesPerPrompt: z.int().min(2).max(256).default(8).describe('rollouts of a prompt (G)'),
        extraPrompts: z
          .int()
          .min(0)
          .default(0)
          .describe('most further prompts of a round, drawn in place of those whose answers give nothing to train on'),
      })
      .prefault({}),
    evaluation: groupSamplingConfig
      .extend({
        samplesPerPrompt: z.int().min(1).max(256).default(2).describe('completions of a held-out prompt'),
        samplesPerCall: z.int().min(1).max(64).default(2).describe('completions asked for in one call (n)'),
        ...intervalFields,
        ...coverageFields,
        wildbench: taskEvaluationConfig
          .optional()
          .describe('tasks that every version answers beside the held-out prompts'),
      })
      .prefault({}),
    selection: z
      .strictObject({
        minMargin: z.number().gt(0).max(1).default(0.25).describe('smallest difference of rewards of a pair'),
        maxPairsPerPrompt: z
          .int()
          .min(1)
          .max(64)
          .default(1)
          .describe('pairs of a prompt, best with worst, second best with second worst...'),
        maxLengthRatio: z
          .number()
          .gt(1)
          .nullable()
          .default(null)
          .describe('most characters of the longer answer of a pair for one of the shorter; null: any'),
        keepLargestGaps: z
          .number()
          .gt(0)
          .max(1)
          .default(1)
          .describe('share of pairs that is kept, by their largest difference on one item (RLCF keeps 0.4); 1: all'),
        whenEmpty: z
          .enum(['fail', 'skip'])
          .default('fail')
          .describe('a round without anything to train on ends the run, or trains nothing and the next one follows'),
      })
      .prefault({}),
    training: trainingConfig.nullable().prefault({}).describe('null: make the preference pairs and train nothing'),
    gates: gatesConfig.prefault({}),
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
    checkJudgeable(config, context);
    checkRatio(config, context);
    checkMicroBatch(config, context);
    checkGold(config, context);
    checkTaskGate(config, context);
    checkKlGate(config, context);
  });

/** True for a method that trains on the tokens that were drawn, not on text. */
export function trainsOnTokens(training: TrainingConfig | null): boolean {
  return training !== null && training.method !== 'dpo' && training.method !== 'rest-em';
}

/** A round can train only on answers that somebody can judge. */
function checkJudgeable(
  { data }: { readonly data: { readonly train: PromptSource; readonly checklist?: unknown } },
  context: z.RefinementCtx,
): void {
  if (typeof data.train === 'string' || data.checklist !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['data', 'checklist'],
    message: `${describeSource(data.train)} brings no checklists: give the items that answers to its prompts are judged by`,
  });
}

interface Checked {
  readonly sampling: z.infer<typeof groupSamplingConfig>;
  readonly training: TrainingConfig | null;
}

/** By default a server reports log-probabilities before it shapes them: only unshaped sampling has the ratio right. */
function checkRatio({ sampling, training }: Checked, context: z.RefinementCtx): void {
  if (!trainsOnTokens(training)) return;
  const plain = { topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 } as const;
  const needed = training?.method === 'reinforce' ? plain : { temperature: 1, ...plain };
  for (const [field, value] of Object.entries(needed)) {
    const found = sampling[field as keyof typeof plain];
    if (found === value) continue;
    context.addIssue({
      code: 'custom',
      path: ['sampling', field],
      message: `training.method ${training?.method} needs samples of the policy itself: ${field} must be ${value}, got ${found}`,
    });
  }
}

function checkMicroBatch({ training }: Checked, context: z.RefinementCtx): void {
  if (training === null) return;
  const { batchSize, microBatchSize = batchSize } = training;
  const complain = (message: string) =>
    context.addIssue({ code: 'custom', path: ['training', 'microBatchSize'], message });
  if (batchSize % microBatchSize !== 0) complain(`${microBatchSize} does not divide batchSize (${batchSize})`);
  if (trainsOnTokens(training) && microBatchSize < 2) {
    complain('a policy gradient needs at least 2 completions in one forward pass');
  }
}

function checkGold(
  {
    gates,
    goldJudge,
    judge,
  }: { readonly gates: z.infer<typeof gatesConfig>; readonly goldJudge?: unknown; readonly judge?: unknown },
  context: z.RefinementCtx,
): void {
  if (gates.goldGap === null || goldJudge !== undefined || judge !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['gates', 'goldGap'],
    message: 'compares the judge with a gold measure, and there is no judge: code decides everything, so leave it out',
  });
}

function checkTaskGate(
  {
    gates,
    evaluation,
  }: {
    readonly gates: z.infer<typeof gatesConfig>;
    readonly evaluation: { readonly wildbench?: TaskEvaluationConfig | undefined };
  },
  context: z.RefinementCtx,
): void {
  if (gates.wildbench === null) return;
  const mode = gates.wildbench.measure === 'score' ? 'score' : 'pair';
  if (evaluation.wildbench?.judge.modes.includes(mode)) return;
  context.addIssue({
    code: 'custom',
    path: ['gates', 'wildbench'],
    message: `needs evaluation.wildbench with a judge that has the mode ${mode}`,
  });
}

/** An estimate of the divergence is over what the policy itself would say, not over a shaped version of it. */
function checkKlGate(
  { gates, evaluation }: { readonly gates: z.infer<typeof gatesConfig>; readonly evaluation: SamplingConfig },
  context: z.RefinementCtx,
): void {
  if (gates.kl === null) return;
  const needed = { temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 } as const;
  for (const [field, value] of Object.entries(needed)) {
    const found = evaluation[field as keyof typeof needed];
    if (found === value) continue;
    context.addIssue({
      code: 'custom',
      path: ['evaluation', field],
      message: `gates.kl needs answers of the policy itself: ${field} must be ${value}, got ${found}`,
    });
  }
}

export type OnlineDpoConfig = z.infer<typeof onlineDpoConfig>;
