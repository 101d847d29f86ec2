import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import type { ModelServer, SamplingParameters, StructuredOutput } from '../../clients/model-server.ts';
import type { SamplingConfig } from '../../configs/schema/sampling.ts';
import type { FinishReason } from '../../domain/completion.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import type { Rollout, SampledTokens } from '../../domain/rollout.ts';
import type { DrawnUsage, RunRef } from '../../domain/run.ts';
import { asAdapterError } from '../failure.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce, type RefusedCall } from './paid-calls.ts';
import type { RunServices } from '../run-services.ts';
import { ensureServed } from '../serving/serving.ts';

/** One chat call to the policy for n completions. */
export interface PolicyCall {
  readonly promptId: string;
  readonly messages: readonly ChatMessage[];
  /** Index of its first completion in the prompt's group. */
  readonly firstSample: number;
  /** Completion i is drawn with seed + i. */
  readonly seed: number;
  readonly n: number;
  readonly sampling: SamplingParameters;
  /** Keep the token ids and their log-probabilities. */
  readonly returnTokens?: true;
  /** Texts that end a completion; they are not part of it. */
  readonly stop?: readonly string[];
  /** What a completion has to match as it is drawn. */
  readonly structuredOutput?: StructuredOutput;
}

/** What calls have cost, those found in the ledger included. */
export interface CallUsage {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What the ledger keeps of one chat call. */
interface ChatAnswer {
  readonly choices: readonly {
    readonly text: string;
    readonly finishReason: FinishReason;
    readonly rawFinishReason: string | null;
    readonly sampled?: SampledTokens;
  }[];
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** The fields that a request carries. */
export function samplingParameters(config: SamplingConfig): SamplingParameters {
  const { temperature, topP, topK, minP, repetitionPenalty, maxTokens, repetitionDetection } = config;
  return {
    temperature,
    topP,
    topK,
    minP,
    repetitionPenalty,
    maxTokens,
    ...(repetitionDetection === undefined ? {} : { repetitionDetection }),
  };
}

/**
 * Makes the calls through the ledger of `scope`, as many at once as the policy's lane lets through.
 *
 * @returns the rollouts in order of the calls and of their samples
 */
export async function drawRollouts(
  services: RunServices,
  { run, policy }: { readonly run: RunRef; readonly policy: PolicyVersion },
  scope: string,
  calls: readonly PolicyCall[],
): Promise<{ readonly rollouts: readonly Rollout[]; readonly usage: DrawnUsage }> {
  const server = await ensureServed(services, run, policy);
  const signal = cancellationSignal();
  const progress = { done: 0, total: calls.length, calls: 0, promptTokens: 0, completionTokens: 0, reported: 0 };
  const ledger = await services.ledgers.open(scope);
  const stopHeartbeats = startHeartbeats(() => progress);
  try {
    const groups = await finishWhatIsPaid(
      services.policyLane,
      calls,
      async (call) => {
        const answer = await payOnce(ledger, callKey(policy, call), () => chat(server, policy, call, signal));
        progress.done += 1;
        progress.calls += 1;
        if (!isRefused(answer)) {
          progress.promptTokens += answer.promptTokens ?? 0;
          progress.completionTokens += answer.completionTokens ?? 0;
          if (answer.promptTokens !== null && answer.completionTokens !== null) progress.reported += 1;
        }
        return toRollouts(policy, call, answer);
      },
      signal,
    );
    const { calls: made, promptTokens, completionTokens, reported } = progress;
    const usage = { calls: made, promptTokens, completionTokens, unreportedUsage: made - reported };
    return { rollouts: groups.flat(), usage };
  } catch (error) {
    throw asAdapterError(error, policy.adapterHash);
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

async function chat(
  server: ModelServer,
  { servedModel }: PolicyVersion,
  { messages, sampling, seed, n, stop, structuredOutput, returnTokens }: PolicyCall,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  const { choices, usage } = await server.chat(
    {
      model: servedModel,
      messages,
      sampling,
      seed,
      n,
      ...(stop === undefined ? {} : { stop }),
      ...(structuredOutput === undefined ? {} : { structuredOutput }),
      ...(returnTokens ? { returnTokens } : {}),
    },
    signal,
  );
  return {
    choices: choices.map(({ text, finishReason, rawFinishReason, sampled }) => ({
      text,
      finishReason,
      rawFinishReason,
      ...(sampled === undefined ? {} : { sampled }),
    })),
    promptTokens: usage.promptTokens ?? null,
    completionTokens: usage.completionTokens ?? null,
  };
}

function callKey(
  policy: PolicyVersion,
  { messages, sampling, seed, n, stop, structuredOutput, returnTokens }: PolicyCall,
): string {
  return hashJson({
    endpoint: 'chat',
    messages: messages.map(({ role, content }) => ({ role, content })),
    sampling: { ...sampling },
    seed,
    n,
    policy: policyStamp(policy),
    ...(returnTokens ? { returnTokens } : {}),
    ...(stop === undefined ? {} : { stop }),
    ...(structuredOutput === undefined ? {} : { structuredOutput }),
  });
}

function toRollouts(
  policy: PolicyVersion,
  { promptId, firstSample, seed, n }: PolicyCall,
  answer: ChatAnswer | RefusedCall,
): readonly Rollout[] {
  return Array.from({ length: n }, (_, index) => ({
    promptId,
    sampleIndex: firstSample + index,
    seed: seed + index,
    policy: policyStamp(policy),
    outcome: outcomeOf(answer, index),
    ...tokensOf(answer, index),
    ...(n === 1 && !isRefused(answer)
      ? { tokens: { prompt: answer.promptTokens, completion: answer.completionTokens } }
      : {}),
  }));
}

function tokensOf(answer: ChatAnswer | RefusedCall, index: number): Pick<Rollout, 'sampled'> {
  const sampled = isRefused(answer) ? undefined : answer.choices[index]?.sampled;
  if (sampled === undefined) return {};
  const { promptTokenIds_T, tokenIds_T, logprobs_T } = sampled;
  return { sampled: { promptTokenIds_T, tokenIds_T, logprobs_T } };
}

function outcomeOf(answer: ChatAnswer | RefusedCall, index: number): Rollout['outcome'] {
  if (isRefused(answer)) return { ok: false, ...answer.refused };
  const choice = answer.choices[index];
  if (choice === undefined) {
    return { ok: false, code: 'model-server/malformed-response', message: 'the server returned fewer choices' };
  }
  // Field by field: an answer out of the ledger has its keys in another order, and the row is hashed.
  const { text, finishReason, rawFinishReason } = choice;
  return { ok: true, text, finishReason, rawFinishReason };
}
