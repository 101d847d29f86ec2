import { formatCount } from '../../format-number.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { SkillmixReport } from './skillmix-report.ts';

/** How many rows the dataset has of those that were asked for, and what it took. */
export function skillmixHeadline({ datasetRows, numRows, measures, inventory }: SkillmixReport): ReportHeadline {
  const { pairs, rows, failures } = measures;
  const [most] = failures;
  const tried = `${formatCount(rows)} of ${formatCount(pairs)} pairs that were tried`;
  return {
    label: 'Rows of the dataset',
    result: `${formatCount(datasetRows ?? 0)} of ${formatCount(numRows)}`,
    difference: most === undefined ? tried : `${tried}; lost most often by ${most.failed} (${formatCount(most.count)})`,
    denominators: `${formatCount(inventory.skills)} skills, ${formatCount(inventory.queryTypes)} query types`,
  };
}
