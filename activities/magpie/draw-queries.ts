import { hashJson } from '../../clients/content-hash.ts';
import type { SamplingParameters } from '../../clients/model-server.ts';
import type { FinishReason } from '../../domain/completion.ts';
import type { StopRules } from '../../domain/synthesis/stop-rules.ts';
import { countCalls } from '../calls/counted-calls.ts';
import { isRefused, payOnce, type RefusedCall } from '../calls/paid-calls.ts';
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
  const { model } = config.policy;
  const { result: answers, usage } = await countCalls(ledgers, { scope, total: calls.length }, (counted) =>
    counted.each(policyLane, calls, async ({ prompt, sampling, stop, seed, n }) => {
      const stops = { tokenIds: [...stop.tokenIds], texts: [...stop.texts] };
      const key = hashJson({ endpoint: 'completion', model, prompt, sampling: { ...sampling }, stops, seed, n });
      const answer = await payOnce<QueryAnswer>(counted.ledger, key, async () => {
        const request = { model, prompt, sampling, seed, n, stop: stops.texts, stopTokenIds: stops.tokenIds };
        const { choices, usage: used } = await server.complete(request, counted.signal);
        return {
          choices: choices.map(({ text, finishReason }) => ({ text, finishReason })),
          promptTokens: used.promptTokens ?? null,
          completionTokens: used.completionTokens ?? null,
        };
      });
      counted.count(answer);
      return isRefused(answer) ? answer : answer.choices;
    }),
  );
  return { answers, usage };
}
