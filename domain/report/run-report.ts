import type { BestOfNReport } from './best-of-n/best-of-n-report.ts';
import type { BoltReport } from './bolt/bolt-report.ts';
import type { MagpieReport } from './magpie/magpie-report.ts';
import type { OnlineDpoReport } from './online-dpo/online-dpo-report.ts';
import type { RefineReport } from './refine/refine-report.ts';
import type { SkillmixReport } from './skillmix/skillmix-report.ts';
import type { WildbenchReport } from './wildbench/wildbench-report.ts';

/** All that is told about a run at its end; `loop` says which numbers there are. A number nobody reported is `null`, never 0. */
export type RunReport =
  | OnlineDpoReport
  | RefineReport
  | BestOfNReport
  | WildbenchReport
  | BoltReport
  | SkillmixReport
  | MagpieReport;
