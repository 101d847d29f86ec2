import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import type { SamplingParameters } from '../../clients/model-server.ts';
import type { FinishReason } from '../../domain/completion.ts';
import type { StopRules } from '../../domain/synthesis/stop-rules.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce, type RefusedCall } from '../calls/paid-calls.ts';
import type { CallUsage } from '../calls/policy-calls.ts';
import type { RunServices } from '../run-services.ts';

/** One raw completion call for n queries. */
export interface PromptedQuery {
  /** Text as it is sent; no special token is added. */
  readonly prompt: string;
  readonly sampling: SamplingParameters;
  readonly stop: StopRules;
  /** Query i is drawn with seed + i. */
  readonly seed: number;
  readonly n: number;
}

/** A query as the model wrote it. */
export interface DrawnQuery {
  readonly text: string;
  readonly finishReason: FinishReason;
}

interface QueryAnswer {
  readonly choices: readonly DrawnQuery[];
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** Makes the calls through the ledger of `scope`; returns the queries of each, or why the server refused it. */
export async function drawQueries(
  { policy: server, policyLane, config, ledgers }: RunServices,
  scope: string,
  calls: readonly PromptedQuery[],
): Promise<{ readonly answers: readonly (readonly DrawnQuery[] | RefusedCall)[]; readonly usage: CallUsage }> {
  const signal = cancellationSignal();
  const { model } = config.policy;
  const progress = { done: 0, total: calls.length, calls: 0, promptTokens: 0, completionTokens: 0 };
  const ledger = await ledgers.open(scope);
  const stopHeartbeats = startHeartbeats(() => progress);
  try {
    const answers = await finishWhatIsPaid(
      policyLane,
      calls,
      async ({ prompt, sampling, stop, seed, n }) => {
        const stops = { tokenIds: [...stop.tokenIds], texts: [...stop.texts] };
        const key = hashJson({ endpoint: 'completion', model, prompt, sampling: { ...sampling }, stops, seed, n });
        const answer = await payOnce<QueryAnswer>(ledger, key, async () => {
          const request = { model, prompt, sampling, seed, n, stop: stops.texts, stopTokenIds: stops.tokenIds };
          const { choices, usage } = await server.complete(request, signal);
          return {
            choices: choices.map(({ text, finishReason }) => ({ text, finishReason })),
            promptTokens: usage.promptTokens ?? null,
            completionTokens: usage.completionTokens ?? null,
          };
        });
        progress.done += 1;
        progress.calls += 1;
        if (isRefused(answer)) return answer;
        progress.promptTokens += answer.promptTokens ?? 0;
        progress.completionTokens += answer.completionTokens ?? 0;
        return answer.choices;
      },
      signal,
    );
    const { calls: made, promptTokens, completionTokens } = progress;
    return { answers, usage: { calls: made, promptTokens, completionTokens } };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}
