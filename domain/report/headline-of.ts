import { bestOfNHeadline } from './best-of-n/headline.ts';
import { boltHeadline } from './bolt/headline.ts';
import { magpieHeadline } from './magpie/headline.ts';
import { onlineDpoHeadline } from './online-dpo/headline.ts';
import { refineHeadline } from './refine/headline.ts';
import type { ReportHeadline } from './report-base.ts';
import { skillmixHeadline } from './skillmix/headline.ts';
import { wildbenchHeadline } from './wildbench/headline.ts';
import type { RunReport } from './run-report.ts';

/** The one result of a run, whatever its loop. */
export function headlineOf(report: RunReport): ReportHeadline {
  switch (report.loop) {
    case 'online-dpo':
      return onlineDpoHeadline(report);
    case 'bolt':
      return boltHeadline(report);
    case 'refine':
      return refineHeadline(report);
    case 'best-of-n':
      return bestOfNHeadline(report);
    case 'skillmix':
      return skillmixHeadline(report);
    case 'wildbench':
      return wildbenchHeadline(report);
    case 'magpie':
      return magpieHeadline(report);
  }
}
