import { z } from 'zod';

/** A server that speaks the OpenAI protocol, and the model on it. */
export const endpointFields = {
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/^https?:\/\/[^/?#]*@/.test(url), {
      message:
        'must hold no user or password, since it is recorded with the run: put a key into the variable that apiKeyEnv names',
    })
    .describe('root of the server, without /v1'),
  model: z.string().min(1).describe('model name as the server lists it'),
  apiKeyEnv: z
    .string()
    .min(1)
    .optional()
    .describe('name of the environment variable that holds the key; the key itself never goes here'),
  timeoutMs: z.int().min(1000).default(300_000).describe('longest wait for one call, milliseconds'),
  callsInFlight: z.int().min(1).max(1024).default(16).describe('most calls in the air at once, per worker process'),
};

/** A model behind HTTP that gives a conversation a number. */
export const rewardModelConfig = z.strictObject({
  ...endpointFields,
  path: z.string().startsWith('/').default('/pooling').describe('where {model, messages} is posted to'),
});

/** A model behind HTTP that embeds texts. */
export const embedderConfig = z.strictObject({
  ...endpointFields,
  api: z
    .enum(['embeddings', 'pooling'])
    .default('embeddings')
    .describe('embeddings: /v1/embeddings, as OpenAI has it; pooling: /pooling of vLLM'),
  truncateTokens: z
    .int()
    .min(-1)
    .optional()
    .describe('cut longer texts to so many tokens, -1 to what the model holds; only vLLM knows this'),
});

/** What the policy is served by. */
export const policyConfig = z.strictObject(endpointFields);

export type EndpointConfig = z.infer<typeof policyConfig>;
export type EmbedderConfig = z.infer<typeof embedderConfig>;
export type RewardModelConfig = z.infer<typeof rewardModelConfig>;
