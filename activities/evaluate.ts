import { roundName } from '../domain/artifact-names.ts';
import { bootstrapMean } from '../domain/bootstrap.ts';
import { policyStamp, type PolicyVersion } from '../domain/policy-version.ts';
import type { JudgedGroup } from '../domain/rollout.ts';
import type { Evaluation, RunRef } from '../domain/run.ts';
import { readJudgedStage } from './read-stage.ts';
import type { RunServicesProvider } from './run-services.ts';

export interface EvaluateInput {
  readonly run: RunRef;
  readonly round: number;
  readonly shards: number;
  readonly policy: PolicyVersion;
}

/** Mean pass rate of a prompt's completions; `undefined` when none was decided. */
export function groupPassRate({ rollouts_G }: JudgedGroup): number | undefined {
  const rates = rollouts_G.flatMap(({ passRate }) => (passRate === null ? [] : [passRate]));
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

/** Measures a policy version on the held-out prompts. */
export function createEvaluateActivities(provider: RunServicesProvider) {
  return {
    async measureHeldOut({ run, round, shards, policy }: EvaluateInput): Promise<Evaluation> {
      const services = await provider.of(run);
      const { store, config } = services;
      const { resamples, confidence } = config.evaluation;
      const { parents, rows } = await readJudgedStage(services, {
        runName: run.runName,
        round,
        stage: 'evaluate',
        shards,
      });
      const rates = rows.flatMap(([, group]) => groupPassRate(group) ?? []);
      const evaluation: Evaluation = {
        round,
        policy: policyStamp(policy),
        interval: rates.length === 0 ? null : bootstrapMean(rates, { resamples, confidence, seed: config.seed }),
      };
      await store.write({
        name: roundName(run.runName, round, 'evaluation'),
        schema: 'evaluation',
        step: 'measure-held-out',
        parents,
        configHash: run.configHash,
        policy: evaluation.policy,
        shards: [[evaluation]],
        summary: {},
      });
      return evaluation;
    },
  };
}
