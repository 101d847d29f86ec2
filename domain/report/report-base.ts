import type { ArtifactRef } from '../artifact.ts';
import type { JsonValue } from '../canonical-json.ts';

/** A mean over `n` prompts with its interval; a bound is `null` where it could not be computed. */
export interface ReportInterval {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Prompts behind the mean. */
  readonly n: number;
}

/** Model calls of one stage. */
export interface ReportCalls {
  readonly stage: string;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Sent without a known end, so sent again. */
  readonly lost: number;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** An artifact of the run, and the step that made it. */
export interface ReportArtifact extends ArtifactRef {
  readonly step: string;
}

/** Artifacts of a folder that are not named one by one; the store lists them. */
export interface MoreArtifacts {
  readonly folder: string;
  readonly artifacts: number;
  readonly rows: number;
}

/** What the report of every loop tells. */
export interface ReportBase {
  readonly formatVersion: 1;
  readonly runName: string;
  readonly status: 'done' | 'stopped' | 'failed';
  /** Why the run stopped or failed, in one sentence. */
  readonly statusReason: string | null;
  readonly config: JsonValue;
  readonly configHash: string;
  readonly seed: number;
  /** Mass of all intervals, in (0, 1). */
  readonly confidence: number;
  readonly timing: {
    /** ISO 8601, UTC. */
    readonly startedAt: string;
    readonly finishedAt: string | null;
    readonly seconds: number | null;
  };
  readonly calls: readonly ReportCalls[];
  /** The first artifacts of each folder, and how many more it has. */
  readonly artifacts: readonly ReportArtifact[];
  readonly moreArtifacts: readonly MoreArtifacts[];
}

/** The one result of a run, in words and numbers. */
export interface ReportHeadline {
  /** What the numbers are. */
  readonly label: string;
  /** `0.26 -> 0.47`, or one number when there is nothing to compare it with. */
  readonly result: string;
  /** What is known about the difference. */
  readonly difference: string;
  /** What the last number was taken over. */
  readonly denominators: string;
}
