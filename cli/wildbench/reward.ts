import { basename } from 'node:path';
import { pairRow, pairwiseCounts } from '../../configs/schema/wildbench-rows.ts';
import { ConfigError } from '../../domain/errors.ts';
import { formatNumber } from '../../domain/format-number.ts';
import type { ConformanceMode } from '../../domain/wildbench/mode.ts';
import { countPairs, type CountedPairs } from '../../domain/wildbench/pairs.ts';
import { REWARD_QUIRKS } from '../../domain/wildbench/quirks.ts';
import { bootstrapReward, sumCounts, summarizeCounts, type PairCounts } from '../../domain/wildbench/reward.ts';
import { bootstrapMix, mixRewards } from '../../domain/wildbench/reward-mix.ts';
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
import { readRows, readJson } from './read-rows.ts';
import { readTags } from './read-tags.ts';

/** Flags of `wildbench reward`. */
export interface RewardFlags extends ModeFlags, IntervalFlags {
  readonly counts?: string;
  readonly pairs?: string;
  readonly lengthPenalty: number;
  readonly tags?: string;
  readonly model?: string;
  readonly baseline: string;
}

/** baseline -> length penalty K -> model -> counts. */
type CountsTable = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, PairCounts>>>>>>;

/** Rewards from counts or raw pairs; returns the exit code. @throws DataError, ConfigError */
export async function reward(flags: RewardFlags, output: Output): Promise<number> {
  if ((flags.counts === undefined) === (flags.pairs === undefined)) {
    throw new ConfigError('config/invalid', 'Give either --counts or --pairs.');
  }
  if (flags.counts !== undefined) {
    const table = await readJson(flags.counts, pairwiseCounts);
    printRewards(table, table, flags, {}, output);
    return 0;
  }
  const rows = (await readRows(flags.pairs ?? '', pairRow)).map(({ row }) => row);
  const groups = flags.tags === undefined ? undefined : await readTags(flags.tags);
  const count = (mode: ConformanceMode) => countPairs(rows, flags.lengthPenalty, mode, groups);
  const counted = count(flags.mode);
  const other = tryMode(() => count(flags.mode === 'upstream' ? 'strict' : 'upstream'));
  const model = flags.model ?? basename(flags.pairs ?? '').replace(/\.jsonl?$/i, '');
  const place = (pairs: PairCounts): CountsTable => ({
    [flags.baseline]: { [String(flags.lengthPenalty)]: { [model]: pairs } },
  });
  printPairs(counted, output);
  const { unreadable, dropped, consistency } = counted;
  const fields = {
    unreadable,
    dropped,
    position_consistency: {
      both_orders: consistency.bothOrders,
      same_winner: consistency.sameWinner,
      same_outcome: consistency.sameOutcome,
    },
  };
  printRewards(place(counted), other === null ? null : place(other), flags, fields, output);
  return 0;
}

function printPairs({ total, unreadable, dropped, consistency }: CountedPairs, output: Output): void {
  output.line(`${total + unreadable} pairs: ${unreadable} unreadable, ${dropped} dropped as empty or truncated`);
  if (consistency.bothOrders > 0) {
    output.line(
      `judged in both orders: ${consistency.bothOrders}; same winner ${consistency.sameWinner} of ${consistency.bothOrders}, same outcome ${consistency.sameOutcome} of ${consistency.bothOrders}`,
    );
  }
}

function printRewards(
  table: CountsTable,
  otherTable: CountsTable | null,
  flags: RewardFlags,
  fields: object,
  output: Output,
): void {
  const options = bootstrapOptions(flags);
  const rewards = mapTable(table, (counts) => {
    const summary = summarizeCounts(counts, flags.mode);
    const interval = options === null ? null : bootstrapReward(counts, flags.mode, options);
    return {
      reward: summary.reward,
      groups: toObject(mapValues(summary.groups, ({ value }) => value)),
      group_sizes: toObject(mapValues(summary.groups, ({ n }) => n)),
      task_macro_reward: summary.taskMacroReward,
      total: counts.total,
      counted: sumCounts(counts.counts),
      counts: counts.counts,
      interval: interval === null ? null : { low: interval.low, high: interval.high, n: interval.n },
    };
  });
  const difference = otherTable === null ? null : mapDifferences(table, otherTable, flags.mode);
  for (const [baseline, penalty, model, cell] of cellsOf(rewards)) {
    const gap = difference?.[baseline]?.[penalty]?.[model];
    const range =
      cell.interval === null ? '' : ` [${formatNumber(cell.interval.low, 4)}, ${formatNumber(cell.interval.high, 4)}]`;
    output.line(
      `${model} against ${baseline}, K=${penalty}: reward ${formatNumber(cell.reward, 4)}${range}, weighted ${formatNumber(cell.task_macro_reward, 4)} (${cell.counted} counted of ${cell.total}); upstream - strict ${formatNumber(gap?.reward ?? null, 6)}`,
    );
  }
  const mix = mixTable(table, flags);
  for (const [penalty, models] of Object.entries(mix)) {
    for (const [model, cell] of Object.entries(models)) {
      output.line(
        `${model}, K=${penalty}: mix of ${cell.baselines.length} baselines ${formatNumber(cell.reward, 4)}, weighted ${formatNumber(cell.task_macro_reward, 4)}`,
      );
    }
  }
  printQuirks(REWARD_QUIRKS, output);
  output.object({
    mode: flags.mode,
    ...fields,
    rewards,
    mix,
    difference,
    confidence: flags.confidence,
    resamples: flags.resamples,
    quirks: REWARD_QUIRKS.map(({ name }) => name),
  });
}

function mapDifferences(table: CountsTable, otherTable: CountsTable, mode: ConformanceMode) {
  return mapTable(table, (counts, baseline, penalty, model) => {
    const other = otherTable[baseline]?.[penalty]?.[model] ?? counts;
    const upstream = summarizeCounts(mode === 'upstream' ? counts : other, 'upstream');
    const strict = summarizeCounts(mode === 'strict' ? counts : other, 'strict');
    return {
      reward: differenceOf(upstream.reward, strict.reward),
      task_macro_reward: differenceOf(upstream.taskMacroReward, strict.taskMacroReward),
    };
  });
}

/** Length penalty K -> model -> mix over the baselines of the file. */
function mixTable(table: CountsTable, flags: RewardFlags) {
  const penalties = [...new Set(Object.values(table).flatMap((byPenalty) => Object.keys(byPenalty)))];
  return Object.fromEntries(penalties.map((penalty) => [penalty, mixPenalty(table, penalty, flags)]));
}

function mixPenalty(table: CountsTable, penalty: string, flags: RewardFlags) {
  const baselines = Object.keys(table).filter((baseline) => table[baseline]?.[penalty] !== undefined);
  const models = new Set(baselines.flatMap((baseline) => Object.keys(table[baseline]?.[penalty] ?? {})));
  return Object.fromEntries(
    [...models].map((model) => {
      const counts = new Map(
        baselines.flatMap((baseline) => {
          const cell = table[baseline]?.[penalty]?.[model];
          return cell === undefined ? [] : [[baseline, cell] as const];
        }),
      );
      const summaries = mapValues(counts, (cell) => summarizeCounts(cell, flags.mode));
      const mix = mixRewards(model, baselines, summaries, flags.mode);
      const options = bootstrapOptions(flags);
      return [
        model,
        {
          reward: mix.reward,
          groups: toObject(mix.groups),
          task_macro_reward: mix.taskMacroReward,
          baselines: mix.baselines,
          missing: mix.missing,
          interval: options === null ? null : bootstrapMix(mix, counts, flags.mode, options),
        },
      ];
    }),
  );
}

function mapTable<T>(
  table: CountsTable,
  change: (counts: PairCounts, baseline: string, penalty: string, model: string) => T,
): Record<string, Record<string, Record<string, T>>> {
  const result: [string, [string, [string, T][]][]][] = Object.entries(table).map(([baseline, byPenalty]) => [
    baseline,
    Object.entries(byPenalty).map(([penalty, models]) => [
      penalty,
      Object.entries(models).map(([model, counts]) => [model, change(counts, baseline, penalty, model)]),
    ]),
  ]);
  return Object.fromEntries(
    result.map(([baseline, byPenalty]) => [
      baseline,
      Object.fromEntries(byPenalty.map(([penalty, models]) => [penalty, Object.fromEntries(models)])),
    ]),
  );
}

function cellsOf<T>(table: Record<string, Record<string, Record<string, T>>>): [string, string, string, T][] {
  return Object.entries(table).flatMap(([baseline, byPenalty]) =>
    Object.entries(byPenalty).flatMap(([penalty, models]) =>
      Object.entries(models).map(([model, cell]): [string, string, string, T] => [baseline, penalty, model, cell]),
    ),
  );
}
