import { z } from 'zod';
import { CONFORMANCE_MODES } from '../../domain/wildbench/mode.ts';
import { endpointFields, policyConfig, type EndpointConfig } from './endpoint.ts';
import { intervalFields, runFields } from './run-fields.ts';
import { samplingConfig } from './sampling.ts';
import { wildbenchJudge } from './wildbench-judge.ts';

/** A name that becomes a folder of the store and a label of the report. */
const partName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,63}$/, {
  error: 'must be 1 to 64 letters, digits, "-", "_" or single dots, the first a letter or digit',
});

const { baseUrl, model, apiKeyEnv, timeoutMs, callsInFlight } = endpointFields;

/** A tested model: a model of a server, or what a run of this store has trained. */
const testedPolicy = z
  .strictObject({
    baseUrl: baseUrl.optional(),
    model: model.optional(),
    apiKeyEnv,
    timeoutMs: timeoutMs.unwrap().optional(),
    callsInFlight: callsInFlight.unwrap().optional(),
    fromRun: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, { error: 'must be the name of a run' })
      .optional()
      .describe('a run of the same store whose published adapter is tested; it is loaded into the server of `policy`'),
    round: z
      .union([z.literal('latest'), z.int().min(1)])
      .optional()
      .describe('the round of that run; default: latest, as of the start'),
  })
  .superRefine((policy, context) => {
    const complain = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (policy.fromRun === undefined) {
      if (policy.round !== undefined) complain('round', 'goes with fromRun only');
      return;
    }
    for (const field of ['baseUrl', 'model', 'apiKeyEnv', 'timeoutMs', 'callsInFlight'] as const) {
      if (policy[field] !== undefined) {
        complain(field, 'has no place beside fromRun: an adapter is served by the server of `policy`');
      }
    }
  });

const baseline = z.union([
  partName,
  z.strictObject({
    name: partName,
    answers: z.string().min(1).describe('JSONL of session_id and output, as upstream publishes them'),
  }),
]);

/**
 * WildBench over any set of tasks: each policy answers, judges score the answers and compare them with those of baselines.
 *
 * @source WildBench (arXiv 2406.04770)
 */
export const wildbenchConfig = z
  .strictObject({
    loop: z.literal('wildbench').describe('WildBench: compare policies by scores and against baselines'),
    ...runFields,
    data: z.strictObject({
      tasks: z
        .string()
        .min(1)
        .describe('tasks in upstream field names, JSONL or Parquet, relative to the working directory'),
      rows: z.int().min(1).optional().describe('how many of them to use, drawn by the seed of the run; default: all'),
    }),
    policy: policyConfig.describe('the server of the run; what a policy does not say, it takes from here'),
    policies: z
      .record(partName, testedPolicy)
      .refine((policies) => Object.keys(policies).length > 0, { error: 'name at least one policy' })
      .describe('the tested models by name'),
    baselines: z
      .array(baseline)
      .max(8)
      .default([])
      .describe('what answers are compared with for WB-Reward: names of policies, or files of stored answers'),
    judges: z
      .record(partName, wildbenchJudge)
      .refine((judges) => Object.keys(judges).length > 0, { error: 'name at least one judge' })
      .describe('the judges by name; each has its own leaderboard'),
    sampling: samplingConfig
      .extend({
        temperature: z.number().min(0).max(2).default(0).describe('softmax temperature; 0 is greedy, as upstream'),
        maxTokens: z.int().min(1).max(32768).default(4096).describe('longest answer, tokens'),
      })
      .prefault({}),
    wildbench: z
      .strictObject({
        mode: z
          .enum(CONFORMANCE_MODES)
          .default('strict')
          .describe('upstream: count as the published numbers do, quirks included; strict: as one should'),
        bothOrders: z
          .boolean()
          .default(false)
          .describe('judge each pair twice, with A and B exchanged: costs twice as much and shows position bias'),
        lengthPenaltiesChars: z
          .array(z.int().min(-1).max(1_000_000))
          .min(1)
          .default([-1, 500, 1000, 1500])
          .describe('length penalties K of WB-Reward, characters; -1 is none; the first one makes the leaderboard'),
        scoreMaxWords: z.int().min(-1).default(-1).describe('words of a text that the judge sees for a score; -1: all'),
        pairMaxWords: z.int().min(-1).default(1000).describe('words of a text that the judge sees in a pair; -1: all'),
      })
      .prefault({}),
    evaluation: z.strictObject(intervalFields).prefault({}),
  })
  .superRefine(({ policies, baselines, judges }, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const seen = new Set<string>();
    for (const [index, entry] of baselines.entries()) {
      const name = typeof entry === 'string' ? entry : entry.name;
      const isPolicy = Object.hasOwn(policies, name);
      if (seen.has(name)) complain(['baselines', index], `names "${name}" a second time`);
      if (typeof entry === 'string' && !isPolicy) {
        complain(
          ['baselines', index],
          `"${name}" is no policy of this config; for stored answers give name and answers`,
        );
      }
      if (typeof entry !== 'string' && isPolicy) complain(['baselines', index, 'name'], `"${name}" is also a policy`);
      seen.add(name);
    }
    if (baselines.length > 0 && !Object.values(judges).some(({ modes }) => modes.includes('pair'))) {
      complain(['baselines'], 'need a judge with the mode pair');
    }
    const hasScores = Object.values(judges).some(({ modes }) => modes.includes('score'));
    if (baselines.length === 0 && !hasScores) complain(['baselines'], 'are needed where no judge has the mode score');
  });

export type WildbenchConfig = z.infer<typeof wildbenchConfig>;

/** Where a policy is served: what it does not say is that of the run's own server, whose key goes to no other address. */
export function endpointOf(config: Pick<WildbenchConfig, 'policy' | 'policies'>, name: string): EndpointConfig {
  const { policy: base } = config;
  const own: WildbenchConfig['policies'][string] = config.policies[name] ?? {};
  return {
    baseUrl: own.baseUrl ?? base.baseUrl,
    model: own.model ?? base.model,
    apiKeyEnv: own.apiKeyEnv ?? (own.baseUrl === undefined ? base.apiKeyEnv : undefined),
    timeoutMs: own.timeoutMs ?? base.timeoutMs,
    callsInFlight: own.callsInFlight ?? base.callsInFlight,
  };
}

/** Names of the tested policies, in an order that does not depend on how a config was stored. */
export function policyNames({ policies }: Pick<WildbenchConfig, 'policies'>): readonly string[] {
  return Object.keys(policies).toSorted();
}

/** Names of the baselines, in order. */
export function baselineNames({ baselines }: Pick<WildbenchConfig, 'baselines'>): readonly string[] {
  return baselines.map((entry) => (typeof entry === 'string' ? entry : entry.name));
}
