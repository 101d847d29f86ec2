import { formatCount } from '../../format-number.ts';
import { onlineDpoHeadline } from '../online-dpo/headline.ts';
import type { ReportHeadline } from '../report-base.ts';
import type { BoltReport } from './bolt-report.ts';

/** The held-out pass rate from the first version that was measured to the last version; where nothing was trained, the rows that were made. */
export function boltHeadline(report: BoltReport): ReportHeadline {
  const { bootstrap, evaluations } = report;
  if (evaluations.length > 0 || bootstrap === null)
    return onlineDpoHeadline({ ...report, evaluations: fromFirst(report) });
  const { rows, yields, advice } = bootstrap;
  const { queries, samples, valid, fates } = yields.all;
  return {
    label: 'Rows of thoughts and solution',
    result: formatCount(rows),
    difference: `${formatCount(valid)} of ${formatCount(samples - fates.failed)} answered samples follow the format${rows > 0 || advice === null ? '' : `; ${withoutPeriod(advice)}`}`,
    denominators: `${formatCount(queries)} queries, ${formatCount(samples)} samples, ${formatCount(fates.failed)} failed`,
  };
}

/** A run of the last stage alone begins with the tuned policy: that is what the others are compared with. */
function fromFirst({ evaluations }: BoltReport): BoltReport['evaluations'] {
  return evaluations.map((evaluation, index) => (index === 0 ? { ...evaluation, round: 0 } : evaluation));
}

function withoutPeriod(text: string): string {
  return text.replace(/\.$/, '');
}
