import { readFile } from 'node:fs/promises';
import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import { configOfLoop, stageSampling } from '../../configs/stage-sampling.ts';
import { promptShardName, shardName, stageName } from '../../domain/artifact-names.ts';
import { parseSelfScore } from '../../domain/best-of-n/baselines.ts';
import { fillTemplate } from '../../domain/fill-template.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce } from '../calls/paid-calls.ts';
import { drawRollouts, samplingParameters, type CallUsage, type PolicyCall } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { RewardSeat, RunServices, RunServicesProvider } from '../run-services.ts';

/** A number that a baseline gave to one candidate; `null` where it gave none. */
export interface CandidateScore {
  readonly promptId: string;
  readonly sampleIndex: number;
  readonly score: number | null;
}

type Answered = Rollout & { readonly outcome: Extract<Rollout['outcome'], { readonly ok: true }> };

/** The baselines that look at every candidate: the policy's own score, and a reward model's. */
export function createScoreCandidatesActivities(provider: RunServicesProvider) {
  return {
    /** The policy scores each of its candidates, 0 to 100, in one greedy call. */
    async selfScore(task: ShardTask): Promise<CallUsage> {
      const services = await provider.of(task.run);
      const { store, config } = services;
      const name = scoresName(task, 'self-scores');
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as CallUsage;
      const { prompts, answered, parents } = await readCandidates(services, task);
      const template = await readFile(new URL('../../prompts/self-score.md', import.meta.url), 'utf8');
      const sampling = { ...samplingParameters(stageSampling(config, 'greedy')), maxTokens: SELF_SCORE_TOKENS };
      const calls = answered.map(({ promptId, sampleIndex, outcome }): PolicyCall => ({
        promptId,
        messages: [
          {
            role: 'user',
            content: fillTemplate('The template prompts/self-score.md', template, {
              instruction: { quoted: renderInstruction((prompts.get(promptId) as PromptRow).messages) },
              answer: { quoted: outcome.text },
            }),
          },
        ],
        firstSample: sampleIndex,
        seed: callSeed({ seed: config.seed, stage: 'self-score', round: 0, promptId, sampleIndex }),
        n: 1,
        sampling,
      }));
      const { rollouts, usage } = await drawRollouts(services, task, name, calls);
      const scores = rollouts.map(({ promptId, sampleIndex, outcome }): CandidateScore => ({
        promptId,
        sampleIndex,
        score: outcome.ok ? parseSelfScore(outcome.text) : null,
      }));
      await store.write({
        name,
        schema: 'candidate-score',
        step: 'self-score',
        parents,
        configHash: task.run.configHash,
        policy: policyStamp(task.policy),
        shards: [scores],
        summary: { ...usage, unreadable: scores.filter(({ score }) => score === null).length },
      });
      return usage;
    },

    /** The reward model scores each candidate. */
    async rewardScore(task: ShardTask): Promise<void> {
      const services = await provider.of(task.run);
      const name = scoresName(task, 'rewards');
      if ((await services.store.find(name)) !== undefined) return;
      const { prompts, answered, parents } = await readCandidates(services, task);
      configOfLoop(services.config, 'best-of-n');
      const seat = services.rewardModel;
      if (seat === undefined) throw new Error('The run has no reward model, and a shard was to be scored by one.');
      const scores = await withHeartbeats(() => askRewardModel(services, seat, name, prompts, answered));
      await services.store.write({
        name,
        schema: 'candidate-score',
        step: 'reward-score',
        parents,
        configHash: task.run.configHash,
        policy: policyStamp(task.policy),
        shards: [scores],
        summary: {},
      });
    },
  };
}

/** A number needs few tokens; a chatty policy gets room for a word before it. */
const SELF_SCORE_TOKENS = 16;

function scoresName({ run, stage, round, shard }: ShardTask, kind: 'self-scores' | 'rewards'): string {
  return shardName(stageName(run.runName, round, stage), kind, shard);
}

async function readCandidates({ store }: RunServices, task: ShardTask) {
  const { runName } = task.run;
  const prompts = await readArtifact<PromptRow>(store, promptShardName({ ...task, runName }));
  const rollouts = await readArtifact<Rollout>(
    store,
    shardName(stageName(runName, task.round, task.stage), 'rollouts', task.shard),
  );
  return {
    prompts: new Map(prompts.rows.map((row) => [row.promptId, row])),
    answered: rollouts.rows.filter((rollout): rollout is Answered => rollout.outcome.ok),
    parents: [prompts.ref, rollouts.ref],
  };
}

async function askRewardModel(
  services: RunServices,
  { model, name, lane }: RewardSeat,
  scope: string,
  prompts: ReadonlyMap<string, PromptRow>,
  answered: readonly Answered[],
): Promise<readonly CandidateScore[]> {
  const signal = cancellationSignal();
  const ledger = await services.ledgers.open(scope);
  try {
    return await finishWhatIsPaid(
      lane,
      answered,
      async ({ promptId, sampleIndex, outcome }) => {
        const messages = [
          ...(prompts.get(promptId)?.messages ?? []),
          { role: 'assistant' as const, content: outcome.text },
        ].map(({ role, content }) => ({ role, content }));
        const key = hashJson({ endpoint: 'reward-model', model: name, messages });
        const answer = await payOnce(ledger, key, () => model.score(messages, signal));
        return { promptId, sampleIndex, score: isRefused(answer) ? null : answer.score };
      },
      signal,
    );
  } finally {
    await ledger.close();
  }
}
