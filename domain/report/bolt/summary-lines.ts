import { formatCount } from '../../format-number.ts';
import { commonestFault } from '../../bolt/yields.ts';
import type { BoltReport } from './bolt-report.ts';

/** What the terminal says beside the held-out pass rate: curation, yield, rows. */
export function boltLines({ curation, bootstrap }: BoltReport): readonly string[] {
  const curated =
    curation === null
      ? []
      : [`curation kept ${formatCount(curation.kept)} of ${formatCount(curation.collected)} queries`];
  if (bootstrap === null) return curated;
  const { yields, rows, cut } = bootstrap;
  const { samples, valid, fates, queries } = yields.all;
  const fault = commonestFault(yields.all);
  return [
    ...curated,
    `format followed by ${formatCount(valid)} of ${formatCount(samples - fates.failed)} answered samples${fault === null ? '' : `, most often missed by ${fault} (${formatCount(fates[fault])})`}`,
    `${formatCount(rows)} rows from ${formatCount(queries)} queries${cut === null ? '' : `, cut at ${cut.cut.toFixed(3)} (${formatCount(cut.below)} of ${formatCount(cut.scores)} scores below)`}`,
  ];
}
