import { rulesOf } from '../../configs/schema/synthesis-filters.ts';
import { filterRows } from '../../domain/synthesis/check-row.ts';
import { rewriteBatch, type BatchCounts, type BatchTask } from './batch.ts';
import type { SynthesisServicesProvider } from './services.ts';

/** Keeps the rows of a batch whose replies meet the filters. */
export function createFilterBatchActivities(provider: SynthesisServicesProvider) {
  return {
    async filterBatch(task: BatchTask): Promise<BatchCounts> {
      const services = await provider.of(task.run);
      const rules = rulesOf(services.quality.filters);
      return rewriteBatch(services, task, { from: 'scored', to: 'kept', step: 'filter-batch' }, async (rows) => ({
        rows: filterRows(rows, rules, 'reply'),
        counts: {},
      }));
    },
  };
}
