import { bootstrapMean, type BootstrapOptions } from '../../bootstrap.ts';
import { canonicalJson } from '../../canonical-json.ts';
import type { OnlineDpoReport, ReportEvaluation } from '../online-dpo/online-dpo-report.ts';
import type { ReportInterval } from '../report-base.ts';
import { configFields } from './config-fields.ts';

/** Mean over runs, and between which values theirs lie. */
export interface Spread {
  readonly mean: number;
  readonly lowest: number;
  readonly highest: number;
}

/** One policy version of runs that differ only in their seed. */
export interface SeedGroupVersion {
  /** 0 is the base. */
  readonly round: number;
  /** Held-out pass rate over the runs; `null` where one of them has none. */
  readonly rate: Spread | null;
  /**
   * Rate minus that of the base, over the prompts that every run measured both with: the runs' mean of each prompt, with an
   * interval over the prompts. It says how the gain of these runs would change with other prompts; how it would with other
   * seeds is told by `differences`. `null` for the base, and where no prompt is shared.
   */
  readonly difference: ReportInterval | null;
  /** The same differences run by run. */
  readonly differences: Spread | null;
}

/** Runs whose configs differ in nothing but the seed. */
export interface SeedGroup {
  readonly method: string | null;
  readonly runNames: readonly string[];
  readonly seeds: readonly number[];
  /** Those that all runs measured, by round. */
  readonly versions: readonly SeedGroupVersion[];
}

/** For each run, which of the configs it has, counted from 0 in their order; the seed does not make another config. */
export function configIndexes(reports: readonly OnlineDpoReport[]): readonly number[] {
  const keys = reports.map(keyOf);
  const distinct = [...new Set(keys)];
  return keys.map((key) => distinct.indexOf(key));
}

/** Every set of at least two runs that differ only in their seed, in the order of their first runs. */
export function groupBySeed(reports: readonly OnlineDpoReport[], options: BootstrapOptions): readonly SeedGroup[] {
  const indexes = configIndexes(reports);
  return [...new Set(indexes)]
    .map((index) => reports.filter((_, run) => indexes[run] === index))
    .filter((runs) => runs.length > 1)
    .map((runs) => toGroup(runs, options));
}

function keyOf({ config }: OnlineDpoReport): string {
  const fields = [...configFields(config)].filter(([field]) => field !== 'seed');
  return canonicalJson(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function toGroup(runs: readonly OnlineDpoReport[], options: BootstrapOptions): SeedGroup {
  const shared = (runs[0]?.evaluations ?? []).map(({ round }) => round).filter((round) => evaluationsOf(runs, round));
  return {
    method: runs[0]?.method ?? null,
    runNames: runs.map(({ runName }) => runName),
    seeds: runs.map(({ seed }) => seed),
    versions: shared.map((round) => toVersion(runs, round, options)),
  };
}

function toVersion(runs: readonly OnlineDpoReport[], round: number, options: BootstrapOptions): SeedGroupVersion {
  const bases = evaluationsOf(runs, 0);
  const versions = evaluationsOf(runs, round) ?? [];
  const means = versions.flatMap(({ interval }) => (interval === null ? [] : [interval.mean]));
  const changes_RP = round === 0 || bases === null ? [] : changesByRun(bases, versions);
  const changes_P = meanOfRuns(changes_RP);
  return {
    round,
    rate: means.length < runs.length ? null : spreadOf(means),
    difference: changes_P.length === 0 ? null : bootstrapMean(changes_P, options),
    differences: changes_P.length === 0 ? null : spreadOf(changes_RP.map(meanOf)),
  };
}

/** What each run measured of a version; `null` where one of them did not. */
function evaluationsOf(runs: readonly OnlineDpoReport[], round: number): readonly ReportEvaluation[] | null {
  const found = runs.flatMap(({ evaluations }) => evaluations.filter((evaluation) => evaluation.round === round));
  return found.length === runs.length ? found : null;
}

/** Of each run, the change of every prompt that all runs have a rate of, with the base and with the version. */
function changesByRun(
  bases: readonly ReportEvaluation[],
  versions: readonly ReportEvaluation[],
): readonly (readonly number[])[] {
  const rates = [...bases, ...versions].map((evaluation) => new Map(evaluation.rates));
  const shared = [...(rates[0]?.keys() ?? [])].filter((promptId) => rates.every((of) => of.has(promptId)));
  return bases.map((_, run) =>
    shared.map((id) => (rates[bases.length + run]?.get(id) as number) - (rates[run]?.get(id) as number)),
  );
}

function meanOfRuns(changes_RP: readonly (readonly number[])[]): readonly number[] {
  return (changes_RP[0] ?? []).map((_, prompt) => meanOf(changes_RP.map((changes_P) => changes_P[prompt] as number)));
}

function spreadOf(values: readonly number[]): Spread {
  return { mean: meanOf(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
