import { z } from 'zod';
import { toFinishReason, type Usage } from '../../domain/completion.ts';
import type { SampledTokens } from '../../domain/rollout.ts';
import type { Choice, CompletionResult, ServedModel, TokenLogprob } from '../model-server.ts';
import type { CallTarget } from './call-target.ts';
import { errorOfContent } from './errors.ts';

const usage = z.object({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() }).nullish();

const tokenLogprob = z.object({ token: z.string(), logprob: z.number() });

const chatResponse = z.object({
  choices: z.array(
    z.object({
      index: z.number(),
      message: z.object({ content: z.string().nullish() }),
      finish_reason: z.string().nullish(),
      token_ids: z.array(z.int()).nullish(),
      logprobs: z
        .object({ content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob).nullish() })).nullish() })
        .nullish(),
    }),
  ),
  prompt_token_ids: z.array(z.int()).nullish(),
  usage,
});

const completionResponse = z.object({
  choices: z.array(
    z.object({
      index: z.number(),
      text: z.string(),
      finish_reason: z.string().nullish(),
      logprobs: z
        .object({
          tokens: z.array(z.string()),
          token_logprobs: z.array(z.number().nullable()),
          top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
        })
        .nullish(),
    }),
  ),
  usage,
});

const nextTokenResponse = z.object({
  choices: z
    .array(z.object({ logprobs: z.object({ top_logprobs: z.array(z.record(z.string(), z.number())).length(1) }) }))
    .length(1),
});

const tokenizeResponse = z.object({ tokens: z.array(z.int()), max_model_len: z.number().nullish() });

const labelScoresResponse = z.object({
  data: z.array(z.object({ index: z.int(), score: z.number().min(0).max(1) })),
  usage,
});

const modelsResponse = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      root: z.string().nullish(),
      parent: z.string().nullish(),
      max_model_len: z.number().nullish(),
    }),
  ),
});

const weightInfoResponse = z.object({ weight_version: z.string() });
const isPausedResponse = z.object({ is_paused: z.boolean() });
const resetResponse = z.object({ success: z.boolean() });

function parseShape<T extends z.ZodType>(target: CallTarget, schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.join('.');
  throw errorOfContent(target, 'malformed-response', `JSON of the wrong shape at ${where} (${issue?.message})`);
}

interface RawChoice {
  readonly index: number;
  readonly text: string;
  readonly rawFinishReason: string | null;
  readonly logprobs_T: readonly TokenLogprob[] | undefined;
  readonly sampled?: SampledTokens;
}

function toResult(
  target: CallTarget,
  raw: readonly RawChoice[],
  wanted: number,
  used: z.infer<typeof usage>,
): CompletionResult {
  if (raw.length !== wanted) {
    throw errorOfContent(target, 'malformed-response', `${raw.length} choices instead of ${wanted}`);
  }
  const choices = raw
    .toSorted((a, b) => a.index - b.index)
    .map(({ text, rawFinishReason, logprobs_T, sampled }): Choice => {
      const finishReason = toFinishReason(rawFinishReason);
      if (finishReason === 'abort') throw errorOfContent(target, 'aborted', 'finish_reason "abort"');
      if (finishReason === 'error') throw errorOfContent(target, 'server-error', 'finish_reason "error"');
      return {
        text,
        finishReason,
        rawFinishReason,
        ...(logprobs_T === undefined ? {} : { logprobs_T }),
        ...(sampled === undefined ? {} : { sampled }),
      };
    });
  return { choices, usage: toUsage(used) };
}

function toUsage(used: z.infer<typeof usage>): Usage {
  return {
    promptTokens: used?.prompt_tokens ?? undefined,
    completionTokens: used?.completion_tokens ?? undefined,
  };
}

/** Reads the answer of `/v1/chat/completions` to a call for `wanted` choices, with their tokens where they were asked for. */
export function parseChatResponse(
  target: CallTarget,
  body: unknown,
  wanted: number,
  wantsTokens = false,
): CompletionResult {
  const response = parseShape(target, chatResponse, body);
  const raw = response.choices.map((choice) => ({
    index: choice.index,
    text: choice.message.content ?? '',
    rawFinishReason: choice.finish_reason ?? null,
    logprobs_T: choice.logprobs?.content?.map(({ token, logprob, top_logprobs }) => ({
      token,
      logprob,
      top: top_logprobs ?? [],
    })),
    ...(wantsTokens ? { sampled: readTokens(target, response.prompt_token_ids, choice) } : {}),
  }));
  return toResult(target, raw, wanted, response.usage);
}

function readTokens(
  target: CallTarget,
  promptTokenIds_T: readonly number[] | null | undefined,
  { token_ids, logprobs }: z.infer<typeof chatResponse>['choices'][number],
): SampledTokens {
  const logprobs_T = logprobs?.content?.map(({ logprob }) => logprob);
  if (!promptTokenIds_T || !token_ids || !logprobs_T) {
    throw errorOfContent(
      target,
      'malformed-response',
      'no token ids or log-probabilities, which return_token_ids asks',
    );
  }
  if (token_ids.length !== logprobs_T.length) {
    const found = `${token_ids.length} token ids with ${logprobs_T.length} log-probabilities`;
    throw errorOfContent(target, 'malformed-response', found);
  }
  return { promptTokenIds_T, tokenIds_T: token_ids, logprobs_T };
}

/** Reads the answer of `/v1/completions` to a call for `wanted` choices. */
export function parseCompletionResponse(target: CallTarget, body: unknown, wanted: number): CompletionResult {
  const response = parseShape(target, completionResponse, body);
  const raw = response.choices.map((choice) => ({
    index: choice.index,
    text: choice.text,
    rawFinishReason: choice.finish_reason ?? null,
    logprobs_T: choice.logprobs?.tokens.map((token, at): TokenLogprob => {
      const logprob = choice.logprobs?.token_logprobs[at];
      if (logprob === undefined || logprob === null) {
        throw errorOfContent(target, 'malformed-response', `no log-probability for token ${at}`);
      }
      const top = Object.entries(choice.logprobs?.top_logprobs?.[at] ?? {});
      return { token, logprob, top: top.map(([token, logprob]) => ({ token, logprob })) };
    }),
  }));
  return toResult(target, raw, wanted, response.usage);
}

/** Reads the log-probability of the token that was asked for. */
export function parseNextTokenResponse(target: CallTarget, body: unknown, token: number): number {
  const logprob = parseShape(target, nextTokenResponse, body).choices[0]?.logprobs.top_logprobs[0]?.[
    `token_id:${token}`
  ];
  if (logprob !== undefined) return logprob;
  throw errorOfContent(target, 'malformed-response', `no log-probability for token ${token}`);
}

/** Reads the token ids of `/tokenize`. */
export function parseTokenizeResponse(target: CallTarget, body: unknown): readonly number[] {
  return parseShape(target, tokenizeResponse, body).tokens;
}

/** Reads the context length that `/tokenize` gives; `null` where it gives none. */
export function parseContextLength(target: CallTarget, body: unknown): number | null {
  return parseShape(target, tokenizeResponse, body).max_model_len ?? null;
}

/** Reads the answer of `/generative_scoring` on so many items: the score of each, in order. */
export function parseLabelScores(
  target: CallTarget,
  body: unknown,
  wanted: number,
): { readonly scores_I: readonly number[]; readonly usage: Usage } {
  const { data, usage: used } = parseShape(target, labelScoresResponse, body);
  const scores = new Map(data.map(({ index, score }) => [index, score]));
  const scores_I = Array.from({ length: wanted }, (_, index) => scores.get(index));
  if (scores.size !== wanted || !scores_I.every((score) => score !== undefined)) {
    throw errorOfContent(target, 'malformed-response', `${data.length} scores instead of ${wanted}`);
  }
  return { scores_I, usage: toUsage(used) };
}

/** Reads `/v1/models`. */
export function parseModelsResponse(target: CallTarget, body: unknown): readonly ServedModel[] {
  return parseShape(target, modelsResponse, body).data.map((model) => ({
    id: model.id,
    root: model.root ?? null,
    parent: model.parent ?? null,
    maxModelLen: model.max_model_len ?? null,
  }));
}

/** Reads the label of `/weight_info`. */
export function parseWeightInfo(target: CallTarget, body: unknown): string {
  return parseShape(target, weightInfoResponse, body).weight_version;
}

/** Reads `/is_paused`. */
export function parseIsPaused(target: CallTarget, body: unknown): boolean {
  return parseShape(target, isPausedResponse, body).is_paused;
}

/** Reads whether `/reset_prefix_cache` could let go of everything. */
export function parseReset(target: CallTarget, body: unknown): boolean {
  return parseShape(target, resetResponse, body).success;
}
