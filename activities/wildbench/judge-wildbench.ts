import { configOfLoop } from '../../configs/stage-sampling.ts';
import { comparedPolicyPrefix, shardName } from '../../domain/artifact-names.ts';
import type { RolloutCounts } from '../../domain/run.ts';
import type { ComparedShard } from './generate-wildbench.ts';
import { pairWildbench } from './pair-wildbench.ts';
import type { RunServicesProvider } from '../run-services.ts';
import { scoreWildbench } from './score-wildbench.ts';
import { readBaselines, readPolicyAnswers, readShardTasks } from './answers.ts';
import { seatsOf } from './policies.ts';

/** Judges what a policy answered to a shard of tasks, by every judge of the run. */
export function createJudgeWildbenchActivities(provider: RunServicesProvider) {
  return {
    /** A score for each answer and judge. */
    async judgeWildbenchScores({ run, policyName, shard }: ComparedShard): Promise<RolloutCounts> {
      const services = await provider.of(run);
      const { store } = services;
      const config = configOfLoop(services.config, 'wildbench');
      const name = shardName(comparedPolicyPrefix(run.runName, policyName), 'scores', shard);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as RolloutCounts;
      const { tasks, ref } = await readShardTasks(services, run.runName, shard);
      const own = await readPolicyAnswers(services, run.runName, policyName, shard);
      const { rows, counts } = await scoreWildbench(services, {
        scope: name,
        seed: config.seed,
        judges: seatsOf(services).judges.filter((judge) => judge.config.modes.includes('score')),
        mode: config.wildbench.mode,
        maxWords: config.wildbench.scoreMaxWords,
        policy: policyName,
        tasks,
        answers: own.answers,
      });
      await store.write({
        name,
        schema: 'wildbench-score',
        step: 'judge-wildbench-scores',
        parents: [ref, own.ref],
        configHash: run.configHash,
        policy: own.policy,
        shards: [rows],
        summary: { ...counts },
      });
      return counts;
    },

    /** A choice for each answer, judge and baseline but itself, in one order or both. */
    async judgeWildbenchPairs({ run, policyName, shard }: ComparedShard): Promise<RolloutCounts> {
      const services = await provider.of(run);
      const { store } = services;
      const config = configOfLoop(services.config, 'wildbench');
      const name = shardName(comparedPolicyPrefix(run.runName, policyName), 'pairs', shard);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as RolloutCounts;
      const { tasks, ref } = await readShardTasks(services, run.runName, shard);
      const own = await readPolicyAnswers(services, run.runName, policyName, shard);
      const baselines = await readBaselines(services, run.runName, policyName, shard);
      const { rows, counts } = await pairWildbench(services, {
        scope: name,
        seed: config.seed,
        judges: seatsOf(services).judges.filter((judge) => judge.config.modes.includes('pair')),
        mode: config.wildbench.mode,
        maxWords: config.wildbench.pairMaxWords,
        bothOrders: config.wildbench.bothOrders,
        policy: policyName,
        tasks,
        answers: own.answers,
        baselines,
      });
      await store.write({
        name,
        schema: 'wildbench-pair',
        step: 'judge-wildbench-pairs',
        parents: [ref, own.ref, ...baselines.map((baseline) => baseline.ref)],
        configHash: run.configHash,
        policy: own.policy,
        shards: [rows],
        summary: { ...counts },
      });
      return counts;
    },
  };
}
