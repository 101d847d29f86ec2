import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { roundName, shardName, stageName } from '../../domain/artifact-names.ts';
import { DataError } from '../../domain/errors.ts';
import { drawPositions, estimateKl, type AnswerKl } from '../../domain/gates/estimate-kl.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import type { Rollout, SampledTokens } from '../../domain/rollout.ts';
import type { RunRef } from '../../domain/run.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce } from '../calls/paid-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { ensureServed, isAdapter } from '../serving/serving.ts';

export interface MeasureKlInput {
  readonly run: RunRef;
  readonly round: number;
  /** Shards of the held-out prompts. */
  readonly shards: number;
  readonly policy: PolicyVersion;
  /** What the divergence is measured from. */
  readonly reference: PolicyVersion;
}

/** A token that a policy drew, with what was before it. */
interface AskedToken {
  readonly prefix_T: readonly number[];
  readonly token: number;
}

/** Measures how far a version has moved from its reference on the answers that it gave to the held-out prompts. */
export function createMeasureKlActivities(provider: RunServicesProvider) {
  return {
    /** @returns the tokens that were scored */
    async measureKl({ run, round, shards, policy, reference }: MeasureKlInput): Promise<number> {
      const services = await provider.of(run);
      const { store } = services;
      const name = roundName(run.runName, round, 'kl');
      const existing = await store.find(name);
      let scored = Number(existing?.summary['tokens'] ?? 0);
      if (existing === undefined) {
        const read = await Promise.all(
          Array.from({ length: shards }, (_, shard) =>
            readArtifact<Rollout>(store, shardName(stageName(run.runName, round, 'evaluate'), 'rollouts', shard)),
          ),
        );
        const server = await ensureServed(services, run, reference);
        const rows = await compareAnswers(
          { ...services, policy: server },
          name,
          reference,
          read.flatMap(({ rows: rollouts }) => rollouts),
        );
        scored = rows.reduce((sum, { tokens }) => sum + tokens, 0);
        await store.write({
          name,
          schema: 'answer-kl',
          step: 'measure-kl',
          parents: read.map(({ ref }) => ref),
          configHash: run.configHash,
          policy: policyStamp(policy),
          shards: [rows],
          summary: { reference: policyStamp(reference), tokens: scored },
        });
      }
      // It was loaded for this alone, or is loaded again when it is needed.
      if (isAdapter(reference)) await services.policy.unloadAdapter(reference.servedModel);
      return scored;
    },
  };
}

async function compareAnswers(
  services: RunServices,
  scope: string,
  reference: PolicyVersion,
  rollouts: readonly Rollout[],
): Promise<readonly AnswerKl[]> {
  const { config, policy: server, policyLane, ledgers } = services;
  const { kl } = configOfLoop(config, 'online-dpo').gates;
  if (kl === null) throw new Error('This step belongs to gates.kl, and the config has none.');
  const answers = rollouts.flatMap((rollout) => {
    const sampled = tokensOf(rollout);
    if (sampled === undefined || sampled.tokenIds_T.length === 0) return [];
    const { promptId, sampleIndex } = rollout;
    const place = { seed: config.seed, promptId, sampleIndex };
    return [
      {
        promptId,
        sampleIndex,
        sampled,
        positions: drawPositions(sampled.tokenIds_T.length, kl.tokensPerAnswer, place),
      },
    ];
  });
  const asked = answers.flatMap(({ sampled, positions }) =>
    positions.map((position): AskedToken => ({
      prefix_T: [...sampled.promptTokenIds_T, ...sampled.tokenIds_T.slice(0, position)],
      token: sampled.tokenIds_T[position] as number,
    })),
  );
  const signal = cancellationSignal();
  const progress = { done: 0, total: asked.length, calls: 0, promptTokens: 0, completionTokens: 0 };
  const ledger = await ledgers.open(scope);
  const stopHeartbeats = startHeartbeats(() => progress);
  const ask = async ({ prefix_T, token }: AskedToken): Promise<number> => {
    const key = hashJson({ endpoint: 'next-token', prefix_T, token, policy: policyStamp(reference) });
    const answer = await payOnce(ledger, key, async () => ({
      logprob: await server.nextTokenLogprob(reference.servedModel, prefix_T, token, signal),
    }));
    if (isRefused(answer))
      throw new DataError(
        'data/invalid-row',
        `The server refused a prefix that it made itself: ${answer.refused.message}`,
      );
    progress.done += 1;
    progress.calls += 1;
    return answer.logprob;
  };
  try {
    const logprobs = (await finishWhatIsPaid(policyLane, asked, ask, signal)).values();
    return answers.map(({ promptId, sampleIndex, sampled, positions }) => {
      const own = positions.map((position) => sampled.logprobs_T[position] as number);
      const others = positions.map(() => logprobs.next().value as number);
      return { promptId, sampleIndex, tokens: positions.length, ...estimateKl(own, others) };
    });
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

/** @throws DataError `data/invalid-row` for an answer without its tokens */
function tokensOf({ outcome, promptId, sampleIndex, sampled }: Rollout): SampledTokens | undefined {
  if (!outcome.ok || sampled !== undefined) return sampled;
  throw new DataError(
    'data/invalid-row',
    `Answer ${sampleIndex} to "${promptId}" was stored without its token ids, which gates.kl needs: the server did not return them.`,
  );
}
