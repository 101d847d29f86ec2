import type { DrawnGroup, StageFunnel } from '../../synthesis/tally-synthesis.ts';
import type { SynthesisRow } from '../../synthesis/synthesis-row.ts';
import type { MagpieQuality } from './magpie-quality.ts';
import type { Spread } from '../length-spread.ts';
import type { ReportBase, ReportInterval } from '../report-base.ts';

/** What a run of Magpie has made, as far as it came. */
export interface MagpieReport extends ReportBase {
  readonly loop: 'magpie';
  readonly queryModel: string;
  readonly replyModel: string;
  /** Whether the replies were drawn under the prompts that steered the queries, which the dataset does not show. */
  readonly withSteering: boolean;
  /** What comes before a query, where the same for all; `null` where steering prompts differ, and before the run was opened. */
  readonly preQuery: string | null;
  /** Rows that were asked for, and those of the dataset; `null` while there is none. */
  readonly numRows: number;
  readonly rows: number | null;
  readonly batches: number;
  readonly funnel: readonly StageFunnel[];
  /** All queries, and those that were drawn in one way. */
  readonly all: DrawnGroup;
  readonly cells: readonly DrawnGroup[];
  readonly steerings: readonly DrawnGroup[];
  /** Share of user-voiced queries among those that ended by themselves. */
  readonly voiced: ReportInterval | null;
  readonly replies: number;
  /** Ended by their length. */
  readonly cutReplies: number;
  /** Ended by the server because they looped. */
  readonly loopedReplies: number;
  /** Characters of kept rows. */
  readonly queryChars: Spread | null;
  readonly replyChars: Spread | null;
  /** Tokens that models wrote, and those of them that are replies; `null` where the server did not count them. */
  readonly completionTokens: number | null;
  readonly replyTokens: number | null;
  readonly quality: MagpieQuality;
  /** What a reader should look into, a sentence each. */
  readonly notices: readonly string[];
  /** Queries by the rule of the sanitiser that cleaned them. */
  readonly sanitised: Readonly<Record<string, number>>;
  readonly samples: readonly SynthesisRow[];
  /** A dropped row of each stage and reason. */
  readonly droppedSamples: readonly SynthesisRow[];
}
