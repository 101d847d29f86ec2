import { createCompareBatchActivities } from '../../activities/synthesis/compare-batch.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createFilterBatchActivities } from '../../activities/synthesis/filter-batch.ts';
import { createRewardBatchActivities } from '../../activities/synthesis/reward-batch.ts';
import { createTagBatchActivities } from '../../activities/synthesis/tag-batch.ts';
import { inActivity } from './activity-bench.ts';
import type { QualityChanges, SynthesisWorld } from './synthesis-world.ts';

/** The quality stages of a worker that has just been started. */
export function startQualityWorker(world: SynthesisWorld, changes: QualityChanges) {
  const provider = world.provide(changes);
  const activities = withTranslatedErrors({
    ...createTagBatchActivities(provider),
    ...createCompareBatchActivities(provider),
    ...createRewardBatchActivities(provider),
    ...createFilterBatchActivities(provider),
  });
  const task = (batch: number) => ({ run: world.run, batch });
  return {
    tag: (batch = 0) => inActivity(() => activities.tagBatch(task(batch))),
    compare: (batch = 0) => inActivity(() => activities.compareBatch(task(batch))),
    reward: (batch = 0) => inActivity(() => activities.rewardBatch(task(batch))),
    filter: (batch = 0) => inActivity(() => activities.filterBatch(task(batch))),
  };
}
