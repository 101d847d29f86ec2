import type { Checklist } from '../checklist.ts';
import type { ChecklistRejection } from './check-checklist.ts';
import type { NoProgramReason } from './parse-program.ts';
import type { ChecklistFlag } from './settle-checklist.ts';

/** Where a checklist came from. */
export type ChecklistSource = 'given' | 'tick' | 'rlcf-candidates';

/** The checklist of one prompt, shared by all its answers, and how it came about. */
export interface ChecklistRow {
  readonly promptId: string;
  /** Empty only when none could be written; `failure` says why. */
  readonly checklist: Checklist;
  readonly failure: ChecklistRejection | null;
  /** sha256 (hex) of the checklist's canonical JSON. */
  readonly hash: string;
  readonly source: ChecklistSource;
  /** Model name; `null` where nothing was written. */
  readonly writer: string | null;
  /** sha256 (hex) of the writer's template. */
  readonly templateHash: string | null;
  /** Seed of the first try; try i has seed + i. */
  readonly seed: number | null;
  readonly attempts: number;
  readonly flags: readonly ChecklistFlag[];
  /** Why earlier tries, and questions of the one that was kept, were turned down, a reason a complaint. */
  readonly rejections: readonly ChecklistRejection[];
  /** What became of each item that a program was asked for, in order. */
  readonly programs: readonly ('written' | 'call-refused' | NoProgramReason)[];
}

/** Counts over the rows of a shard; `rejections` by reason. */
export interface ChecklistWritingCounts {
  readonly prompts: number;
  readonly failed: number;
  readonly flagged: number;
  readonly items: number;
  readonly attempts: number;
  readonly programsAsked: number;
  readonly programsWritten: number;
  readonly rejections: Readonly<Record<string, number>>;
}

/** Sums up rows. */
export function countChecklistRows(rows: readonly ChecklistRow[]): ChecklistWritingCounts {
  const rejections: Record<string, number> = {};
  for (const reason of rows.flatMap((row) => row.rejections)) rejections[reason] = (rejections[reason] ?? 0) + 1;
  const programs = rows.flatMap((row) => row.programs);
  return {
    prompts: rows.length,
    failed: rows.filter(({ failure }) => failure !== null).length,
    flagged: rows.filter(({ flags }) => flags.length > 0).length,
    items: rows.reduce((sum, { checklist }) => sum + checklist.length, 0),
    attempts: rows.reduce((sum, { attempts }) => sum + attempts, 0),
    programsAsked: programs.length,
    programsWritten: programs.filter((outcome) => outcome === 'written').length,
    rejections,
  };
}
