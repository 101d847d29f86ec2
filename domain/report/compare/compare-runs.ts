import type { JsonValue } from '../../canonical-json.ts';
import type { OnlineDpoReport } from '../online-dpo/online-dpo-report.ts';
import type { ReportInterval } from '../report-base.ts';
import { sumReported } from '../sum-reported.ts';
import { configFields } from './config-fields.ts';
import { configIndexes, groupBySeed, type SeedGroup } from './seed-groups.ts';

/** One policy version of a compared run. */
export interface ComparedVersion {
  /** 0 is the base. */
  readonly round: number;
  /** Rollouts that had been sampled for training by then. */
  readonly sampled: number;
  /** Held-out pass rate, by what steers the training. */
  readonly rate: ReportInterval | null;
  /** The same by gold; `null` where gold measures nothing. */
  readonly gold: ReportInterval | null;
  /** Rate, not gold, minus that of the base, paired by prompt. */
  readonly difference: ReportInterval | null;
  /** What the gates made of it; `null` for the base and where there are none. */
  readonly outcome: string | null;
}

/** What a run spent and what came of it. */
export interface ComparedRun {
  readonly runName: string;
  /** `training.method`; `null` for a run that only makes data. */
  readonly method: string | null;
  readonly seed: number;
  /** The same for runs that differ only in their seed, from 0. */
  readonly configIndex: number;
  readonly status: OnlineDpoReport['status'];
  readonly versions: readonly ComparedVersion[];
  /** The version that the run returns. */
  readonly best: ComparedVersion | null;
  readonly rollouts: number;
  readonly failed: number;
  /** Pairs, completions or answers that were trained on. */
  readonly rowsTrained: number;
  readonly steps: number;
  readonly trainSeconds: number;
  /** Of all calls, evaluation included; `null` where some were not reported; what was scored for `gates.kl` is not in. */
  readonly completionTokens: number | null;
  readonly seconds: number | null;
}

/** A field of the config in which the runs differ, with its value in each. */
export interface DifferingField {
  readonly field: string;
  readonly values: readonly string[];
}

/** Runs of online training beside each other. */
export interface Comparison {
  readonly confidence: number;
  readonly runs: readonly ComparedRun[];
  /** Runs that differ only in their seed, taken together. */
  readonly seedGroups: readonly SeedGroup[];
  readonly differing: readonly DifferingField[];
  /** Why the numbers may not be comparable, one sentence each. */
  readonly cautions: readonly string[];
}

/** How the intervals over several runs are drawn; those of each run were drawn by the run. */
const BOOTSTRAP = { resamples: 10_000, seed: 1 };

/** Puts the reports of runs beside each other. @param reports at least one */
export function compareRuns(reports: readonly OnlineDpoReport[]): Comparison {
  const indexes = configIndexes(reports);
  const runs = reports.map((report, run) => toComparedRun(report, indexes[run] ?? 0));
  const confidence = reports[0]?.confidence ?? 0;
  return {
    confidence,
    runs,
    seedGroups: groupBySeed(reports, { ...BOOTSTRAP, confidence }),
    differing: differingFields(reports.map(({ config }) => config)),
    cautions: cautionsOf(reports, runs),
  };
}

function toComparedRun(report: OnlineDpoReport, configIndex: number): ComparedRun {
  const { rounds, evaluations, differences } = report;
  const sum = (
    pick: (round: OnlineDpoReport['rounds'][number]) => number | null | undefined,
    upTo = Infinity,
  ): number => rounds.filter(({ round }) => round <= upTo).reduce((total, round) => total + (pick(round) ?? 0), 0);
  const versions = evaluations.map(({ round, interval, gold }): ComparedVersion => ({
    round,
    sampled: sum(({ rollouts }) => rollouts, round),
    rate: interval,
    gold,
    difference: differences.find((entry) => entry.round === round)?.interval ?? null,
    outcome: rounds.find((entry) => entry.round === round)?.gates?.outcome ?? null,
  }));
  const { completionTokens } = sumReported(report.calls);
  return {
    runName: report.runName,
    method: report.method,
    seed: report.seed,
    configIndex,
    status: report.status,
    versions,
    best: versions.find(({ round }) => round === report.bestRound) ?? null,
    rollouts: sum(({ rollouts }) => rollouts),
    failed: sum(({ failed }) => failed),
    rowsTrained: sum(({ training }) => training?.rows),
    steps: sum(({ training }) => training?.steps),
    trainSeconds: sum(({ training }) => training?.trainSeconds),
    completionTokens: completionTokens.unreportedCalls === 0 ? completionTokens.known : null,
    seconds: report.timing.seconds,
  };
}

function differingFields(configs: readonly JsonValue[]): readonly DifferingField[] {
  const flat = configs.map(configFields);
  return [...new Set(flat.flatMap((of) => [...of.keys()]))]
    .map((field) => ({ field, values: flat.map((of) => of.get(field) ?? 'none') }))
    .filter(({ values }) => new Set(values).size > 1)
    .toSorted((a, b) => (a.field < b.field ? -1 : 1));
}

function cautionsOf(reports: readonly OnlineDpoReport[], runs: readonly ComparedRun[]): readonly string[] {
  const cautions: string[] = [];
  const differ = (values: readonly unknown[]): boolean =>
    new Set(values.map((value) => JSON.stringify(value))).size > 1;
  const unfinished = runs.filter(({ status }) => status !== 'done').map(({ runName }) => runName);
  if (unfinished.length > 0) cautions.push(`Not finished: ${unfinished.join(', ')}.`);
  if (differ(runs.map(({ rollouts }) => rollouts))) {
    cautions.push(`The sample budgets differ: ${runs.map(({ rollouts }) => rollouts).join(', ')} rollouts.`);
  }
  if (differ(reports.map(({ evaluations }) => evaluations[0]?.policyStamp))) {
    cautions.push('The runs begin with different policies.');
  }
  if (differ(reports.map(({ evaluations }) => [evaluations[0]?.prompts, evaluations[0]?.completions]))) {
    cautions.push('The runs were measured on different numbers of prompts or answers.');
  }
  if (differ(reports.map(({ confidence }) => confidence))) cautions.push('The intervals have different confidences.');
  for (const run of runs) {
    const same = runs.filter(({ configIndex, seed }) => configIndex === run.configIndex && seed === run.seed);
    if (same.length < 2 || same[0] !== run) continue;
    const names = same.map(({ runName }) => runName).join(', ');
    cautions.push(
      `Seed ${run.seed} of one config is there ${same.length} times (${names}): a mean over seeds counts each.`,
    );
  }
  return cautions;
}
