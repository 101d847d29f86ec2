import { basename } from 'node:path';
import { scoreRow } from '../../configs/schema/wildbench-rows.ts';
import { ConfigError } from '../../domain/errors.ts';
import { formatNumber } from '../../domain/format-number.ts';
import { SCORE_QUIRKS } from '../../domain/wildbench/quirks.ts';
import {
  aggregateScores,
  bootstrapMacroScore,
  bootstrapScore,
  type GroupsBySession,
  type ScoreJudgment,
  type ScoreSummary,
} from '../../domain/wildbench/score.ts';
import type { Output } from '../output.ts';
import {
  bootstrapOptions,
  differenceOf,
  mapValues,
  printQuirks,
  toObject,
  tryMode,
  type IntervalFlags,
  type ModeFlags,
} from './options.ts';
import { readRows } from './read-rows.ts';
import { readTags } from './read-tags.ts';

/** Flags of `wildbench score`. */
export interface ScoreFlags extends ModeFlags, IntervalFlags {
  readonly judgments: string;
  readonly tags?: string;
  readonly model?: string;
  readonly expected?: number;
}

/** Aggregates one model's judgments; returns the exit code. @throws DataError, ConfigError */
export async function score(flags: ScoreFlags, output: Output): Promise<number> {
  const judgments = (await readRows(flags.judgments, scoreRow)).map(({ row }) => row);
  const groups = flags.tags === undefined ? undefined : await readTags(flags.tags);
  const summary = aggregateScores(judgments, flags.mode, groups);
  const other = tryMode(() => aggregateScores(judgments, flags.mode === 'upstream' ? 'strict' : 'upstream', groups));
  const [upstream, strict] = flags.mode === 'upstream' ? [summary, other] : [other, summary];
  const options = bootstrapOptions(flags);
  const interval = options === null ? null : bootstrapScore(judgments, flags.mode, options);
  const macro =
    options === null || groups === undefined ? null : bootstrapMacroScore(judgments, flags.mode, groups, options);
  const model = flags.model ?? basename(flags.judgments).replace(/\.jsonl?$/i, '');
  const missing = countMissing(judgments, groups, flags.expected);
  const difference = {
    score: differenceOf(upstream?.score, strict?.score),
    adjusted_score: differenceOf(upstream?.adjustedScore, strict?.adjustedScore),
    avg_len: differenceOf(upstream?.averageLengthChars, strict?.averageLengthChars),
    task_macro_score: differenceOf(upstream?.taskMacroScore, strict?.taskMacroScore),
  };
  printScore(model, summary, missing, output);
  if (interval !== null) {
    output.line(
      `  interval of the score (${flags.confidence * 100}%, ${flags.resamples} resamples, n ${interval.n}): ${formatNumber(interval.low, 3)} to ${formatNumber(interval.high, 3)}`,
    );
  }
  if (macro !== null) {
    output.line(
      `  interval of the weighted mean (n ${macro.n}): ${formatNumber(macro.low, 3)} to ${formatNumber(macro.high, 3)}`,
    );
  }
  output.line(
    other === null
      ? '  upstream - strict: not comparable, strict mode refuses these rows'
      : `  upstream - strict: score ${formatNumber(difference.score, 6)}, adjusted ${formatNumber(difference.adjusted_score, 6)}, weighted ${formatNumber(difference.task_macro_score, 6)}`,
  );
  printQuirks(SCORE_QUIRKS, output);
  output.object({
    mode: flags.mode,
    model,
    ...scoreFields(summary, missing),
    interval: interval === null ? null : { ...interval, confidence: flags.confidence, resamples: flags.resamples },
    ...(groups === undefined ? {} : { task_macro_interval: macro }),
    difference: other === null ? null : difference,
    quirks: SCORE_QUIRKS.map(({ name }) => name),
  });
  return 0;
}

function scoreFields(summary: ScoreSummary, missing: number | null) {
  return {
    score: summary.score,
    adjusted_score: summary.adjustedScore,
    avg_len: summary.averageLengthChars,
    total: summary.total,
    kept: summary.kept,
    unreadable: summary.unreadable,
    missing,
    empty: summary.empty,
    truncated: summary.truncated,
    ...(summary.groups.size === 0
      ? {}
      : {
          groups: toObject(mapValues(summary.groups, ({ value }) => value)),
          group_sizes: toObject(mapValues(summary.groups, ({ n }) => n)),
          task_macro_score: summary.taskMacroScore,
        }),
  };
}

function printScore(model: string, summary: ScoreSummary, missing: number | null, output: Output): void {
  output.line(
    `${model}: score ${formatNumber(summary.score, 4)}, adjusted ${formatNumber(summary.adjustedScore, 4)} over ${summary.total} judgments; mean length ${formatNumber(summary.averageLengthChars, 1)} characters over ${summary.kept} kept`,
  );
  output.line(
    `  unreadable ${summary.unreadable}, missing ${missing ?? 'unknown (give --tags or --expected)'}, empty ${summary.empty}, truncated ${summary.truncated}`,
  );
  for (const [group, { value, n }] of summary.groups) output.line(`  ${group}: ${formatNumber(value, 4)} (${n})`);
  if (summary.groups.size > 0) output.line(`  weighted mean of groups: ${formatNumber(summary.taskMacroScore, 4)}`);
}

/** Tasks without a judgment; `null` when nobody said how many there are. */
function countMissing(
  judgments: readonly ScoreJudgment[],
  groups: GroupsBySession | undefined,
  expected: number | undefined,
): number | null {
  const judged = new Set(judgments.map(({ sessionId }) => sessionId));
  if (expected !== undefined) {
    if (expected >= judged.size) return expected - judged.size;
    throw new ConfigError('config/invalid', `--expected ${expected} is less than the ${judged.size} judged tasks.`);
  }
  return groups === undefined ? null : [...groups.keys()].filter((sessionId) => !judged.has(sessionId)).length;
}
