import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../clients/content-hash.ts';
import type { SamplingParameters } from '../clients/model-server.ts';
import type { SamplingConfig } from '../configs/schema/run-config.ts';
import { promptSetName, promptSetOf, shardName, stageName } from '../domain/artifact-names.ts';
import type { FinishReason } from '../domain/completion.ts';
import { policyStamp } from '../domain/policy-version.ts';
import type { PromptRow } from '../domain/prompt.ts';
import { callSeed } from '../domain/random.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { ShardTask } from '../domain/run.ts';
import { asAdapterError } from './failure.ts';
import { startHeartbeats } from './heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce } from './paid-calls.ts';
import { ensureServed } from './serving.ts';
import type { RunServices, RunServicesProvider } from './run-services.ts';
import { readArtifact } from './read-artifact.ts';

/** What the ledger keeps of one chat call. */
interface ChatAnswer {
  readonly choices: readonly {
    readonly text: string;
    readonly finishReason: FinishReason;
    readonly rawFinishReason: string | null;
  }[];
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

interface PlannedCall {
  readonly row: PromptRow;
  readonly firstSample: number;
  readonly seed: number;
}

/** Draws the rollouts of a shard: G completions of each prompt from the given policy version. */
export function createRespondActivities(provider: RunServicesProvider) {
  return {
    async respond(task: ShardTask): Promise<void> {
      const services = await provider.of(task.run);
      const prefix = stageName(task.run.runName, task.round, task.stage);
      const name = shardName(prefix, 'rollouts', task.shard);
      if ((await services.store.find(name)) !== undefined) return;
      await ensureServed(services, task.run, task.policy);
      const prompts = await readArtifact<PromptRow>(
        services.store,
        shardName(promptSetName(task.run.runName, promptSetOf(task.stage)), 'prompts', task.shard),
      );
      const { rollouts, calls, promptTokens, completionTokens } = await drawRollouts(
        services,
        task,
        prompts.rows,
        name,
      );
      await services.store.write({
        name,
        schema: 'rollout',
        step: 'respond',
        parents: [prompts.ref],
        configHash: task.run.configHash,
        policy: policyStamp(task.policy),
        shards: [rollouts],
        summary: { calls, promptTokens, completionTokens },
      });
    },
  };
}

async function drawRollouts(services: RunServices, task: ShardTask, rows: readonly PromptRow[], scope: string) {
  const signal = cancellationSignal();
  const config = task.stage === 'sample' ? services.config.sampling : services.config.evaluation;
  const calls = planCalls(services.config.seed, task, rows, config);
  const progress = { done: 0, total: calls.length, calls: 0, promptTokens: 0, completionTokens: 0 };
  const ledger = await services.ledgers.open(scope);
  const stopHeartbeats = startHeartbeats(() => progress);
  try {
    const groups = await finishWhatIsPaid(
      services.policyLane,
      calls,
      async (call) => {
        const answer = await payOnce(ledger, callKey(task, call, config), () => chat(services, task, call, config));
        progress.done += 1;
        progress.calls += 1;
        if (!isRefused(answer)) {
          progress.promptTokens += answer.promptTokens ?? 0;
          progress.completionTokens += answer.completionTokens ?? 0;
        }
        return toRollouts(task, call, config.samplesPerCall, answer);
      },
      signal,
    );
    return {
      rollouts: groups.flat(),
      calls: progress.calls,
      promptTokens: progress.promptTokens,
      completionTokens: progress.completionTokens,
    };
  } catch (error) {
    throw asAdapterError(error, task.policy.adapterHash);
  } finally {
    stopHeartbeats();
    await ledger.close();
  }

  async function chat(
    { policy }: RunServices,
    { policy: version }: ShardTask,
    call: PlannedCall,
    sampling: SamplingConfig & { readonly samplesPerCall: number },
  ): Promise<ChatAnswer> {
    const result = await policy.chat(
      {
        model: version.servedModel,
        messages: call.row.messages,
        sampling: samplingParameters(sampling),
        seed: call.seed,
        n: sampling.samplesPerCall,
      },
      signal,
    );
    return {
      choices: result.choices.map(({ text, finishReason, rawFinishReason }) => ({
        text,
        finishReason,
        rawFinishReason,
      })),
      promptTokens: result.usage.promptTokens ?? null,
      completionTokens: result.usage.completionTokens ?? null,
    };
  }
}

function planCalls(
  seed: number,
  { stage, round }: ShardTask,
  rows: readonly PromptRow[],
  { samplesPerPrompt, samplesPerCall }: { readonly samplesPerPrompt: number; readonly samplesPerCall: number },
): readonly PlannedCall[] {
  return rows.flatMap((row) =>
    Array.from({ length: samplesPerPrompt / samplesPerCall }, (_, call) => {
      const firstSample = call * samplesPerCall;
      return {
        row,
        firstSample,
        // Held-out answers keep their seeds over the rounds, so that versions are compared on equal draws.
        seed: callSeed({
          seed,
          stage,
          round: stage === 'evaluate' ? 0 : round,
          promptId: row.promptId,
          sampleIndex: firstSample,
        }),
      };
    }),
  );
}

function samplingParameters(config: SamplingConfig): SamplingParameters {
  const { temperature, topP, topK, minP, repetitionPenalty, maxTokens } = config;
  return { temperature, topP, topK, minP, repetitionPenalty, maxTokens };
}

function callKey(
  { policy }: ShardTask,
  { row, seed }: PlannedCall,
  config: SamplingConfig & { readonly samplesPerCall: number },
): string {
  return hashJson({
    endpoint: 'chat',
    messages: row.messages.map(({ role, content }) => ({ role, content })),
    sampling: { ...samplingParameters(config) },
    seed,
    n: config.samplesPerCall,
    policy: policyStamp(policy),
  });
}

function toRollouts(
  { policy }: ShardTask,
  { row, firstSample, seed }: PlannedCall,
  samplesPerCall: number,
  answer: ChatAnswer | { readonly refused: { readonly code: string; readonly message: string } },
): readonly Rollout[] {
  return Array.from({ length: samplesPerCall }, (_, index) => {
    const choice = isRefused(answer) ? undefined : answer.choices[index];
    return {
      promptId: row.promptId,
      sampleIndex: firstSample + index,
      seed: seed + index,
      policy: policyStamp(policy),
      outcome: isRefused(answer)
        ? { ok: false, ...answer.refused }
        : choice === undefined
          ? { ok: false, code: 'model-server/malformed-response', message: 'the server returned fewer choices' }
          : // Field by field: an answer out of the ledger has its keys in another order, and the row is hashed.
            {
              ok: true,
              text: choice.text,
              finishReason: choice.finishReason,
              rawFinishReason: choice.rawFinishReason,
            },
    };
  });
}
