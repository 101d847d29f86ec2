import { selectionOf } from '../../configs/schema/synthesis-filters.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { RunRef } from '../../domain/run.ts';
import { rowsToKeep } from '../../domain/synthesis/row-selection.ts';
import type { RunServicesProvider } from '../run-services.ts';

/** Says how many rows a synthesis has to keep, so that its dataset can be taken out of them. */
export function createPlanSynthesisActivities(provider: RunServicesProvider) {
  return {
    async planSynthesis(run: RunRef): Promise<{ readonly rowsToKeep: number }> {
      const { config } = await provider.of(run);
      const { numRows, quality } = configOfLoop(config, 'magpie');
      return { rowsToKeep: rowsToKeep(numRows, selectionOf(quality.filters)) };
    },
  };
}
