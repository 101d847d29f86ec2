import { z } from 'zod';
import type { GateRules } from '../../domain/gates/gate-rules.ts';

const onFail = (standard: 'roll-back' | 'stop' | 'wait') =>
  z
    .enum(['roll-back', 'stop', 'wait'])
    .default(standard)
    .describe('roll back to the best version and go on, stop with it, or wait for `tickloop approve` or `reject`');

const evidence = z
  .enum(['interval', 'mean'])
  .default('interval')
  .describe('what has to be beyond the limit: the whole interval, or the mean alone');

/** What a round has to pass before the next one builds on it; a gate that is not given is open. */
export const gatesConfig = z.strictObject({
  askEveryRound: z.boolean().default(false).describe('wait for a person after every round'),
  heldOut: z
    .strictObject({
      maxDrop: z.number().min(0).max(1).default(0).describe('largest fall of the held-out rate below the best version'),
      evidence,
      onFail: onFail('roll-back'),
    })
    .nullable()
    .default(null)
    .describe(
      'the held-out rate, by gold where it is measured, paired by prompt with the best version so far; waits where gold decided nothing',
    ),
  goldGap: z
    .strictObject({
      maxGap: z.number().min(0).max(1).default(0.1).describe("largest lead of the judge's rise over the gold rise"),
      evidence,
      onFail: onFail('wait'),
    })
    .nullable()
    .default(null)
    .describe(
      'a judge whose rate rises while the gold rate does not is being gamed; needs a gold measure, waits where that decided nothing',
    ),
  length: z
    .strictObject({
      maxRatio: z
        .number()
        .gt(1)
        .max(100)
        .default(1.5)
        .describe("most times as long as the base's answers, or as short"),
      onFail: onFail('wait'),
    })
    .nullable()
    .default(null)
    .describe('mean length of the held-out answers, characters'),
  saturation: z
    .strictObject({
      maxShare: z
        .number()
        .gt(0)
        .max(1)
        .default(0.9)
        .describe('largest share of training items that every answer meets'),
      onFail: onFail('stop'),
    })
    .nullable()
    .default(null)
    .describe('items that all answers meet teach nothing'),
  distinctness: z
    .strictObject({
      minRatio: z.number().gt(0).max(1).default(0.7).describe("smallest share of the base's distinctness, (0, 1]"),
      onFail: onFail('wait'),
    })
    .nullable()
    .default(null)
    .describe('distinct word pairs in the held-out answers to one prompt: a policy that says one thing loses them'),
  kl: z
    .strictObject({
      maxNats: z
        .number()
        .gt(0)
        .max(100)
        .describe('largest divergence from the base of the rounds, nats a token (estimator k3)'),
      tokensPerAnswer: z
        .int()
        .min(1)
        .max(4096)
        .default(16)
        .describe('tokens of a held-out answer that the base is asked about, drawn by the seed; a call each'),
      evidence,
      onFail: onFail('wait'),
    })
    .nullable()
    .default(null)
    .describe(
      'how far the held-out answers have moved from the base; they have to be drawn unshaped, at temperature 1',
    ),
  wildbench: z
    .strictObject({
      measure: z.enum(['score', 'reward']).describe('WB-Score, -8 to 10, or WB-Reward, -1 to 1'),
      maxDrop: z
        .number()
        .min(0)
        .max(18)
        .default(0)
        .describe('largest fall of the score below that of the initial policy, or of the reward against it below 0'),
      evidence,
      onFail: onFail('roll-back'),
    })
    .nullable()
    .default(null)
    .describe('answers to the tasks of evaluation.wildbench, against those of the policy that the run began with'),
}) satisfies z.ZodType<GateRules>;
