import { z } from 'zod';

const loopbackUrl = z.url({ protocol: /^https?$/ });

/** How completions are drawn. Every field is sent with every request, so that no server default can slip in. */
export const samplingConfig = z.strictObject({
  temperature: z.number().min(0).max(2).default(1).describe('softmax temperature; 0 is greedy'),
  topP: z.number().gt(0).max(1).default(1).describe('nucleus mass in (0, 1]'),
  topK: z.int().min(0).default(0).describe('keep the k likeliest tokens; 0 keeps all'),
  minP: z.number().min(0).max(1).default(0).describe('drop tokens below this share of the likeliest one; 0 keeps all'),
  repetitionPenalty: z.number().gt(0).max(2).default(1).describe('1 is none'),
  maxTokens: z.int().min(1).max(32768).default(128).describe('longest completion, tokens'),
});

/** A server that speaks the OpenAI protocol, and the model on it. */
const endpointFields = {
  baseUrl: loopbackUrl.describe('root of the server, without /v1'),
  model: z.string().min(1).describe('model name as the server lists it'),
  apiKeyEnv: z
    .string()
    .min(1)
    .optional()
    .describe('name of the environment variable that holds the key; the key itself never goes here'),
  timeoutMs: z.int().min(1000).default(300_000).describe('longest wait for one call, milliseconds'),
  callsInFlight: z.int().min(1).max(1024).default(16).describe('most calls in the air at once, per worker process'),
};

const policyConfig = z.strictObject({
  ...endpointFields,
  modelPath: z.string().min(1).describe('folder of the base checkpoint, for the trainer'),
});

const judgeConfig = z.strictObject({
  ...endpointFields,
  maxTokens: z.int().min(8).max(4096).default(256).describe('longest judgement, tokens'),
  temperature: z.number().min(0).max(2).default(0).describe('softmax temperature of the judge'),
  attempts: z.int().min(1).max(5).default(3).describe('tries for a readable verdict, each with a new seed'),
});

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

/** The config file of a run. Unknown fields are errors. */
export const runConfig = z
  .strictObject({
    loop: z.literal('online-dpo').describe('which loop to run'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1)
      .describe('all randomness of the run derives from it'),
    rounds: z.int().min(1).max(1000).default(1).describe('training rounds'),
    store: z
      .strictObject({
        root: z.string().min(1).default('.tickloop/store').describe('folder of artifacts and ledger'),
        minFreeMb: z.int().min(0).default(500).describe('refuse to start with less free space than this, MiB'),
      })
      .prefault({}),
    data: z.strictObject({
      train: z.string().min(1).describe('JSONL file of training prompts, relative to the working directory'),
      heldOut: z.string().min(1).describe('JSONL file of evaluation prompts; must share no prompt with train'),
    }),
    policy: policyConfig,
    judge: judgeConfig.optional().describe('decides the items that have no verifier'),
    sampling: samplingConfig
      .extend({
        samplesPerPrompt: z.int().min(2).max(256).default(8).describe('rollouts of a prompt (G)'),
        samplesPerCall: z
          .int()
          .min(1)
          .max(64)
          .default(4)
          .describe('completions asked for in one call (n); at most this many are lost with it'),
      })
      .prefault({}),
    evaluation: samplingConfig
      .extend({
        samplesPerPrompt: z.int().min(1).max(256).default(2).describe('completions of a held-out prompt'),
        samplesPerCall: z.int().min(1).max(64).default(2).describe('completions asked for in one call (n)'),
        resamples: z.int().min(100).max(100_000).default(2000).describe('bootstrap resamples'),
        confidence: z.number().gt(0).lt(1).default(0.95).describe('mass of the interval'),
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
    limits: z
      .strictObject({
        maxFailedShare: z.number().min(0).max(1).default(0.1).describe('largest share of failed rollouts in a stage'),
        maxUnparsedShare: z
          .number()
          .min(0)
          .max(1)
          .default(0.2)
          .describe('largest share of unparsed verdicts in a stage'),
      })
      .prefault({}),
    shards: z
      .strictObject({
        rows: z.int().min(1).max(256).default(24).describe('prompts in a shard'),
        inFlight: z.int().min(1).max(32).default(2).describe('shards worked on at once'),
      })
      .prefault({}),
    temporal: z
      .strictObject({
        address: z.string().min(1).default('127.0.0.1:7233').describe('host:port of the Temporal frontend'),
        namespace: z.string().min(1).default('default').describe('Temporal namespace'),
        taskQueue: z.string().min(1).default('tickloop').describe('prefix of the three task queues'),
      })
      .prefault({}),
  })
  .superRefine((config, context) => {
    for (const stage of ['sampling', 'evaluation'] as const) {
      const { samplesPerPrompt, samplesPerCall, temperature } = config[stage];
      if (samplesPerPrompt % samplesPerCall !== 0) {
        context.addIssue({
          code: 'custom',
          path: [stage, 'samplesPerCall'],
          message: `samplesPerPrompt (${samplesPerPrompt}) must be a multiple of samplesPerCall (${samplesPerCall})`,
        });
      }
      if (temperature === 0 && samplesPerPrompt > 1) {
        context.addIssue({
          code: 'custom',
          path: [stage, 'temperature'],
          message: `temperature 0 would draw the same answer ${samplesPerPrompt} times; raise it or set samplesPerPrompt to 1`,
        });
      }
    }
  });

export type RunConfig = z.infer<typeof runConfig>;
export type SamplingConfig = z.infer<typeof samplingConfig>;
export type TrainingConfig = z.infer<typeof trainingConfig>;
