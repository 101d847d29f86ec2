import type { Checklist } from '../../checklist.ts';
import type { DroppedQuery, DropReason } from '../../bolt/bolt-query.ts';
import type { PercentileCut } from '../../bolt/percentile-cut.ts';
import type { NamedSample } from '../../bolt/name-fates.ts';
import type { YieldTable } from '../../bolt/yields.ts';
import type { JudgedRollout } from '../../rollout.ts';
import type { CurvePoint, OnlineDpoReport, ReportPublish, ReportTraining } from '../online-dpo/online-dpo-report.ts';
import type { ReportBase } from '../report-base.ts';
import type { ScoreBin } from './histogram.ts';

/** What the curation was given and what it let through. */
export interface CurationFunnel {
  readonly collected: number;
  readonly drops: Readonly<Record<DropReason, number>>;
  /** Every query that was left out, with the fact that spoke against it. */
  readonly dropped: readonly DroppedQuery[];
  /** `null` while the curation was not finished. */
  readonly kept: number | null;
}

/** What came of drawing and choosing. */
export interface BootstrapResult {
  readonly yields: YieldTable;
  /** `null` without a single score. */
  readonly cut: PercentileCut | null;
  readonly histogram: readonly ScoreBin[];
  readonly rows: number;
  /** Of the yield, in [0, 1]. */
  readonly minYield: number;
  readonly percentile: number;
  /** What to do about the commonest fault; `null` where there is none. */
  readonly advice: string | null;
}

/** Supervised fine-tuning. */
export interface SftReport {
  readonly training: Omit<ReportTraining, 'pairs' | 'finalMargin'> & { readonly rows: number };
  readonly publish: ReportPublish | null;
  readonly curve: readonly CurvePoint[];
}

/** A response of the first stage to the followed query. */
export interface FollowedSample extends Pick<NamedSample, 'sampleIndex' | 'fate' | 'score'> {
  readonly detail: string | null;
  /** `null` where the call failed. */
  readonly text: string | null;
}

/** What one online round made of the followed query. */
export interface FollowedRound {
  readonly round: number;
  /** `null` where the query is no prompt of the rounds, or gave no pair. */
  readonly pair: {
    readonly chosen: string;
    readonly rejected: string;
    readonly chosenReward: number | null;
    readonly rejectedReward: number | null;
  } | null;
}

/** One query from the curation to the answers of every policy version. */
export interface FollowedQuery {
  readonly promptId: string;
  readonly query: string;
  readonly topic: string;
  /** Criteria of difficulty that it meets; `null` where nobody asked. */
  readonly difficulty: readonly string[] | null;
  readonly checklist: Checklist;
  /** Ids of the examples that the chosen response was shown, or the first one. */
  readonly shown: readonly string[];
  readonly samples: readonly FollowedSample[];
  readonly row: { readonly sampleIndex: number; readonly score: number; readonly completion: string } | null;
  readonly rounds: readonly FollowedRound[];
  /** The greedy answer of each version, in order. */
  readonly answers: readonly { readonly round: number; readonly answer: JudgedRollout }[];
}

/** What a run of BOLT has made and measured; what a stage that was not run would have told is `null` or empty. */
export interface BoltReport extends ReportBase, Pick<OnlineDpoReport, 'evaluations' | 'differences' | 'rounds'> {
  readonly loop: 'bolt';
  readonly stages: readonly string[];
  readonly curation: CurationFunnel | null;
  readonly bootstrap: BootstrapResult | null;
  readonly sft: SftReport | null;
  readonly followed: FollowedQuery | null;
}
