import type { DpoResult, DpoStepEvent } from '../../clients/trainer.ts';
import { roundName, stageName } from '../../domain/artifact-names.ts';
import type { BootstrapOptions } from '../../domain/bootstrap.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { ProbeNumbers } from '../../domain/probe.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type {
  KindTally,
  OnlineDpoReport,
  ReportDifference,
  ReportEvaluation,
  ReportRound,
} from '../../domain/report/online-dpo/online-dpo-report.ts';
import { meanChange, type Rates } from '../../domain/report/pair-rates.ts';
import type { CountOf } from '../../domain/report/tally-verdicts.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import {
  addCounts,
  meanPassRate,
  NO_COUNTS,
  type Evaluation,
  type RolloutCounts,
  type SampleStage,
  type SelectionCounts,
} from '../../domain/run.ts';
import { groupPassRate } from '../evaluate.ts';
import { readArtifact } from '../read-artifact.ts';
import { judgedShardCount, readJudgedStage } from '../read-stage.ts';
import type { RunServices } from '../run-services.ts';
import { readOnlineDpoCalls } from './online-dpo-calls.ts';
import { readReportSamples } from './online-dpo-samples.ts';
import type { ReportFrame } from './report-frame.ts';

/** What the store holds of a run of online DPO: its evaluations, its rounds, and sample prompts of the last round. */
export async function readOnlineDpoReport(
  services: RunServices,
  { base, names, bootstrap }: ReportFrame,
): Promise<OnlineDpoReport> {
  const { runName } = base;
  const measured = await readRounds(services, { base, names, bootstrap });
  return {
    ...base,
    loop: 'online-dpo',
    ...measured,
    calls: await readOnlineDpoCalls(services, runName, names),
    samples: await readReportSamples(services, runName, names, measured.rounds.at(-1)?.round),
  };
}

/** What the store holds of the rounds of a run, and of the evaluations of its policy versions. */
export async function readRounds(
  services: RunServices,
  { base: { runName }, names, bootstrap }: ReportFrame,
): Promise<Pick<OnlineDpoReport, 'evaluations' | 'differences' | 'rounds'>> {
  const evaluated = await Promise.all(
    roundsWith(names, runName, 'evaluation').map((round) => readEvaluation(services, runName, names, round)),
  );
  const rounds = roundsWith(names, runName, 'pairs');
  return {
    evaluations: evaluated.map(({ evaluation }) => evaluation),
    differences: differences(evaluated, bootstrap),
    rounds: await Promise.all(rounds.map((round) => readRound(services, runName, names, round))),
  };
}

/** Rounds that have the artifact of a step. */
function roundsWith(names: readonly string[], runName: string, step: 'pairs' | 'evaluation'): readonly number[] {
  const suffix = `/${step}`;
  return names
    .filter((name) => name.startsWith(`${runName}/round-`) && name.endsWith(suffix))
    .map((name) => Number(name.slice(`${runName}/round-`.length, -suffix.length)));
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

interface EvaluatedRound {
  readonly evaluation: ReportEvaluation;
  /** Pass rate of each prompt, by id. */
  readonly rates: Rates;
}

async function readEvaluation(
  services: RunServices,
  runName: string,
  names: readonly string[],
  round: number,
): Promise<EvaluatedRound> {
  const [row] = (await readArtifact<Evaluation>(services.store, roundName(runName, round, 'evaluation'))).rows;
  const shards = judgedShardCount(names, runName, round, 'evaluate');
  const { rows } = await readJudgedStage(services, { runName, round, stage: 'evaluate', shards });
  const counts = await readCounts(services, runName, names, round, 'evaluate');
  return {
    evaluation: {
      round,
      policyStamp: row?.policy ?? '',
      interval: row?.interval ?? null,
      prompts: rows.length,
      completions: counts.rollouts,
      failed: counts.failed,
      truncated: counts.truncated,
      unparsed: counts.unparsed,
      undecided: countUndecidedAnswers(rows.map(([, group]) => group)),
      byKind: tallyKinds(rows),
    },
    rates: new Map(
      rows.flatMap(([, group]) => {
        const rate = groupPassRate(group);
        return rate === undefined ? [] : [[group.promptId, rate] as const];
      }),
    ),
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
function differences(evaluated: readonly EvaluatedRound[], options: BootstrapOptions): readonly ReportDifference[] {
  const [base, ...later] = evaluated;
  if (base === undefined) return [];
  return later.flatMap(({ evaluation, rates }) => {
    const interval = meanChange(base.rates, rates, options);
    return interval === null ? [] : [{ round: evaluation.round, interval }];
  });
}

async function readRound(
  services: RunServices,
  runName: string,
  names: readonly string[],
  round: number,
): Promise<ReportRound> {
  const { store } = services;
  const counts = await readCounts(services, runName, names, round, 'sample');
  const pairs = await readArtifact<{ readonly promptId: string }>(store, roundName(runName, round, 'pairs'));
  const selection = pairs.manifest.summary as unknown as SelectionCounts;
  const training = names.includes(roundName(runName, round, 'training'))
    ? (await readArtifact<DpoResult>(store, roundName(runName, round, 'training'))).rows[0]
    : undefined;
  const curve = names.includes(roundName(runName, round, 'curve'))
    ? (await readArtifact<DpoStepEvent>(store, roundName(runName, round, 'curve'))).rows
    : [];
  const policy = names.includes(roundName(runName, round, 'policy'))
    ? await readArtifact<PolicyVersion>(store, roundName(runName, round, 'policy'))
    : undefined;
  const probe = policy?.manifest.summary as unknown as ProbeNumbers | undefined;
  return {
    round,
    rollouts: counts.rollouts,
    failed: counts.failed,
    truncated: counts.truncated,
    unparsed: counts.unparsed,
    meanPassRate: meanPassRate(counts),
    ...selection,
    promptsWithPair: new Set(pairs.rows.map(({ promptId }) => promptId)).size,
    training: training ?? null,
    publish:
      policy === undefined
        ? null
        : {
            adapterHash: policy.rows[0]?.adapterHash ?? '',
            meanChange: probe?.meanChange ?? null,
            meanDisagreement: probe?.meanDisagreement ?? null,
            servedModel: policy.rows[0]?.servedModel ?? '',
          },
    curve: curve.map(({ step, loss, margin, accuracy }) => ({ step, loss, margin, accuracy })),
  };
}
