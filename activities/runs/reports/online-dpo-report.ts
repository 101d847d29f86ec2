import type { TrainerEvent, TrainingResult } from '../../../clients/trainer.ts';
import { rowRule } from '../../../configs/row-rule.ts';
import type { OnlineDpoConfig } from '../../../configs/schema/online-dpo.ts';
import { configOfLoop } from '../../../configs/stage-sampling.ts';
import { roundName, stageName } from '../../../domain/artifact-names.ts';
import type { BootstrapOptions } from '../../../domain/bootstrap.ts';
import { findBestRound, heldOutMean, type Ruler } from '../../../domain/gates/best-version.ts';
import { settleRound, type DecidedRound, type RoundAnswer } from '../../../domain/gates/decide-round.ts';
import { weightsOf, type PolicyVersion } from '../../../domain/policy-version.ts';
import type { ProbeNumbers } from '../../../domain/probe.ts';
import type { PromptRow } from '../../../domain/prompt.ts';
import type {
  KindTally,
  OnlineDpoReport,
  ReportDifference,
  ReportEvaluation,
  ReportGates,
  ReportRound,
  ReportTraining,
} from '../../../domain/report/online-dpo/online-dpo-report.ts';
import { meanChange } from '../../../domain/report/pair-rates.ts';
import type { CountOf } from '../../../domain/report/tally-verdicts.ts';
import type { JudgedGroup } from '../../../domain/rollout.ts';
import {
  addCounts,
  meanPassRate,
  NO_COUNTS,
  type Evaluation,
  type RolloutCounts,
  type SampleStage,
  type SelectionCounts,
  type TrainingRowKind,
} from '../../../domain/run.ts';
import { groupPassRate } from '../../rounds/evaluate.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import { judgedShardCount, readJudgedStage } from '../../artifacts/read-stage.ts';
import type { RunServices } from '../../run-services.ts';
import { readLoopCalls, roundCallPlaces } from './loop-calls.ts';
import { readReportSamples } from './online-dpo-samples.ts';
import type { ReportFrame } from './report-frame.ts';

/** What the store holds of a run of online DPO: its evaluations, its rounds, and sample prompts of the last round. */
export async function readOnlineDpoReport(
  services: RunServices,
  { base, names, bootstrap }: ReportFrame,
): Promise<OnlineDpoReport> {
  const { runName } = base;
  const config = configOfLoop(services.config, 'online-dpo');
  const measured = await readRounds(services, config, { base, names, bootstrap });
  const accepted = measured.rounds.filter(({ gates }) => gates?.outcome === 'accepted').map(({ round }) => round);
  const ruler = rulerOf(names, runName, measured.evaluations);
  return {
    ...base,
    loop: 'online-dpo',
    method: config.training?.method ?? null,
    bestRound: findBestRound(
      measured.evaluations.map((evaluation) => ({
        round: evaluation.round,
        mean: heldOutMean(evaluation, ruler),
        accepted: evaluation.round === 0 || accepted.includes(evaluation.round),
      })),
    ),
    ruler,
    ...measured,
    calls: await readLoopCalls(services, runName, names, roundCallPlaces(runName, names)),
    samples: await readReportSamples(services, runName, names, measured.rounds.at(-1)?.round),
  };
}

/** What the store holds of the rounds of a run, and of the evaluations of its policy versions. */
export async function readRounds(
  services: RunServices,
  config: OnlineDpoConfig,
  { base: { runName }, names, bootstrap }: ReportFrame,
): Promise<Pick<OnlineDpoReport, 'evaluations' | 'differences' | 'rounds'>> {
  const evaluations = await Promise.all(
    roundsWith(names, runName, 'evaluation').map((round) => readEvaluation(services, runName, names, round)),
  );
  const { kind } = rowRule(config);
  const rounds = roundsWith(names, runName, kind);
  return {
    evaluations,
    differences: differences(evaluations, bootstrap),
    rounds: await Promise.all(rounds.map((round) => readRound(services, runName, names, round, kind))),
  };
}

/** Rounds that have the artifact of a step. */
function roundsWith(
  names: readonly string[],
  runName: string,
  step: TrainingRowKind | 'evaluation',
): readonly number[] {
  const suffix = `/${step}`;
  return names
    .filter((name) => name.startsWith(`${runName}/round-`) && name.endsWith(suffix))
    .map((name) => Number(name.slice(`${runName}/round-`.length, -suffix.length)));
}

/** Verdicts of gold are there even where it decided nothing, as when its judge was out. */
function rulerOf(names: readonly string[], runName: string, evaluations: readonly ReportEvaluation[]): Ruler {
  const prefixes = evaluations.map(({ round }) => `${stageName(runName, round, 'evaluate')}/gold/`);
  return names.some((name) => prefixes.some((prefix) => name.startsWith(prefix))) ? 'gold' : 'judge';
}

async function readCounts(
  { store }: RunServices,
  runName: string,
  names: readonly string[],
  round: number,
  stage: SampleStage,
): Promise<RolloutCounts> {
  const judged = names.filter((name) => name.startsWith(`${stageName(runName, round, stage)}/judged/`));
  const manifests = await Promise.all(judged.map((name) => store.find(name)));
  return manifests
    .map((manifest) => (manifest?.summary ?? NO_COUNTS) as unknown as RolloutCounts)
    .reduce(addCounts, NO_COUNTS);
}

async function readEvaluation(
  services: RunServices,
  runName: string,
  names: readonly string[],
  round: number,
): Promise<ReportEvaluation> {
  const [row] = (await readArtifact<Evaluation>(services.store, roundName(runName, round, 'evaluation'))).rows;
  const shards = judgedShardCount(names, runName, round, 'evaluate');
  const { rows } = await readJudgedStage(services, { runName, round, stage: 'evaluate', shards });
  const counts = await readCounts(services, runName, names, round, 'evaluate');
  const rates = rows.flatMap(([, group]) => {
    const rate = groupPassRate(group);
    return rate === undefined ? [] : [[group.promptId, rate] as const];
  });
  return {
    round,
    policyStamp: row?.policy ?? '',
    interval: row?.interval ?? null,
    gold: row?.gold ?? null,
    rates,
    prompts: rows.length,
    completions: counts.rollouts,
    failed: counts.failed,
    truncated: counts.truncated,
    looped: counts.looped ?? 0,
    unparsed: counts.unparsed,
    undecided: countUndecidedAnswers(rows.map(([, group]) => group)),
    byKind: tallyKinds(rows),
    kl: row?.kl ?? null,
    tasks: row?.tasks ?? null,
  };
}

function countUndecidedAnswers(groups: readonly JudgedGroup[]): CountOf {
  const answered = groups.flatMap(({ rollouts_G }) => rollouts_G.filter(({ outcome }) => outcome.ok));
  return { count: answered.filter(({ passRate }) => passRate === null).length, of: answered.length };
}

function tallyKinds(rows: readonly (readonly [PromptRow, JudgedGroup])[]): readonly KindTally[] {
  const tallies = new Map<string, KindTally>();
  for (const [{ checklist }, { rollouts_G }] of rows) {
    for (const { verdicts_I } of rollouts_G) {
      for (const [index, { answer }] of verdicts_I.entries()) {
        const kind = checklist[index]?.verifier?.kind ?? 'judge';
        const { yes, decided } = tallies.get(kind) ?? { yes: 0, decided: 0 };
        tallies.set(kind, {
          kind,
          yes: yes + (answer === 'yes' ? 1 : 0),
          decided: decided + (answer === 'unparsed' ? 0 : 1),
        });
      }
    }
  }
  return [...tallies.values()].toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
}

/** Each round against the base, over the prompts that both have a rate for. */
function differences(evaluations: readonly ReportEvaluation[], options: BootstrapOptions): readonly ReportDifference[] {
  const [base, ...later] = evaluations;
  if (base === undefined) return [];
  return later.flatMap(({ round, rates }) => {
    const interval = meanChange(new Map(base.rates), new Map(rates), options);
    return interval === null ? [] : [{ round, interval }];
  });
}

async function readRound(
  services: RunServices,
  runName: string,
  names: readonly string[],
  round: number,
  kind: TrainingRowKind,
): Promise<ReportRound> {
  const { store } = services;
  const counts = await readCounts(services, runName, names, round, 'sample');
  const selection = (await store.find(roundName(runName, round, kind)))?.summary as unknown as SelectionCounts;
  const rowsOf = async <Row extends object>(step: Parameters<typeof roundName>[2]): Promise<readonly Row[]> => {
    const name = roundName(runName, round, step);
    return names.includes(name) ? (await readArtifact<Row>(store, name)).rows : [];
  };
  const [training] = await rowsOf<TrainingResult>('training');
  const curve = await rowsOf<Extract<TrainerEvent, { event: 'step' }>>('curve');
  const [policy] = await rowsOf<PolicyVersion>('policy');
  const probe = (await store.find(roundName(runName, round, 'policy')))?.summary as unknown as ProbeNumbers | undefined;
  const [decided] = await rowsOf<DecidedRound>('gates');
  const [answered] = await rowsOf<{ readonly answer: RoundAnswer }>('answer');
  return {
    round,
    rollouts: counts.rollouts,
    failed: counts.failed,
    truncated: counts.truncated,
    looped: counts.looped ?? 0,
    unparsed: counts.unparsed,
    meanPassRate: meanPassRate(counts),
    ...selection,
    training: training === undefined ? null : toReportTraining(training),
    publish:
      policy === undefined
        ? null
        : {
            adapterHash: weightsOf(policy).hash ?? '',
            meanChange: probe?.meanChange ?? null,
            meanDisagreement: probe?.meanDisagreement ?? null,
            servedModel: weightsOf(policy).name,
          },
    gates: decided === undefined ? null : toReportGates(decided, answered?.answer),
    curve: curve.map(({ step, loss, margin, accuracy }) => ({
      step,
      loss,
      margin: margin ?? null,
      accuracy: accuracy ?? null,
    })),
  };
}

function toReportTraining(result: TrainingResult): ReportTraining {
  const { steps, dropped, finalLoss, trainSeconds, resumedFromStep } = result;
  return {
    steps,
    rows: result.method === 'dpo' ? result.pairs : result.rows,
    dropped,
    ...('unfaithful' in result ? { unfaithful: result.unfaithful } : {}),
    finalLoss,
    finalMargin: result.method === 'dpo' ? result.finalMargin : null,
    trainSeconds,
    resumedFromStep,
  };
}

function toReportGates({ decision, findings }: DecidedRound, answer: RoundAnswer | undefined): ReportGates {
  const isOpen = decision === 'wait' && answer === undefined;
  return { decision, findings, answer: answer ?? null, outcome: isOpen ? null : settleRound(decision, answer) };
}
