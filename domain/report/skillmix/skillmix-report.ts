import type { InventorySummary } from '../../skillmix/inventory.ts';
import type { PairResult } from '../../skillmix/result.ts';
import type { ReportBase } from '../report-base.ts';
import type { PairMeasures } from './measure-pairs.ts';

/** What Instruct-SkillMix has made. */
export interface SkillmixReport extends ReportBase {
  readonly loop: 'skillmix';
  /** Rows that were asked for. */
  readonly numRows: number;
  /** Rows of the dataset; `null` where none was written. */
  readonly datasetRows: number | null;
  readonly teacher: { readonly model: string; readonly isPolicy: boolean };
  /** Judge of the gate; `null` where none decides. */
  readonly judge: { readonly model: string; readonly isTeacher: boolean } | null;
  readonly inventory: {
    /** `null` where it was not finished. */
    readonly counts: InventorySummary | null;
    readonly source: string;
    readonly skills: number;
    readonly queryTypes: number;
  };
  readonly measures: PairMeasures;
  readonly samples: readonly PairResult[];
}
