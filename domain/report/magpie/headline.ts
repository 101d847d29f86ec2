import { formatCount, formatNumber } from '../../format-number.ts';
import { formatBounds, formatConfidence } from '../format-interval.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { MagpieReport } from './magpie-report.ts';

/** Says how many rows came of it, and how many queries sound like a user's. */
export function magpieHeadline({ rows, numRows, all, voiced, confidence, batches }: MagpieReport): ReportHeadline {
  return {
    label: `Rows of the dataset, of ${formatCount(numRows)} asked`,
    result: formatCount(rows),
    difference:
      voiced === null
        ? 'no query ended by itself'
        : `${formatNumber(voiced.mean * 100, 1)} % of the queries that ended sound like a user's, ${formatConfidence(confidence)} interval ${formatBounds(voiced)}`,
    denominators: `${formatCount(all.drawn)} queries drawn in ${formatCount(batches)} batches, ${formatCount(all.ended)} ended by themselves, ${formatCount(all.screened)} passed the screens, ${formatCount(all.kept)} kept`,
  };
}
