import { rewriteBatch, type BatchCounts, type BatchTask } from './synthesis-batch.ts';
import type { SynthesisServicesProvider } from './synthesis-services.ts';

/** Passes rows on unscored. */
export function createRewardBatchActivities(provider: SynthesisServicesProvider) {
  return {
    async rewardBatch(task: BatchTask): Promise<BatchCounts> {
      const services = await provider.of(task.run);
      return rewriteBatch(services, task, { from: 'answered', to: 'scored', step: 'reward-batch' }, async (rows) => ({
        rows,
        counts: {},
      }));
    },
  };
}
