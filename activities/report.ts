import type { TrainerEvent, TrainingResult } from '../clients/trainer.ts';
import { roundName, stageName } from '../domain/artifact-names.ts';
import type { JsonValue } from '../domain/canonical-json.ts';
import { bootstrapPairedDifference, type BootstrapOptions } from '../domain/bootstrap.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import type { ProbeNumbers } from '../domain/probe.ts';
import { renderReportHtml } from '../domain/report-html.ts';
import { summarizeReport } from '../domain/report-summary.ts';
import type { JudgedGroup } from '../domain/rollout.ts';
import type { PromptRow } from '../domain/prompt.ts';
import type {
  KindTally,
  ReportCalls,
  ReportDifference,
  ReportEvaluation,
  ReportRound,
  RunReport,
} from '../domain/run-report.ts';
import {
  addCounts,
  meanPassRate,
  NO_COUNTS,
  type Evaluation,
  type RolloutCounts,
  type RunRef,
  type SampleStage,
  type SelectionCounts,
} from '../domain/run.ts';
import { groupPassRate } from './evaluate.ts';
import { withHeartbeats } from './heartbeats.ts';
import { readArtifact } from './read-artifact.ts';
import { judgedShardCount, readJudgedStage } from './read-stage.ts';
import { readReportSamples } from './report-samples.ts';
import type { RunServices, RunServicesProvider } from './run-services.ts';

export interface WriteReportInput {
  readonly run: RunRef;
  readonly status: RunReport['status'];
  readonly statusReason: string | null;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** Writes the report of a run from what the store holds: one HTML page for people, one JSON file for programs. */
export function createReportActivities(provider: RunServicesProvider) {
  return {
    async writeReport(
      input: WriteReportInput,
    ): Promise<{ readonly reportHtml: string; readonly reportJson: string; readonly summary: readonly string[] }> {
      const services = await provider.of(input.run);
      const report = await withHeartbeats(() => buildReport(services, input));
      const folder = `${input.run.runName}/report`;
      return {
        reportHtml: await services.store.writeFile(`${folder}/index.html`, renderReportHtml(report)),
        reportJson: await services.store.writeFile(`${folder}/report.json`, `${JSON.stringify(report, null, 2)}\n`),
        summary: summarizeReport(report),
      };
    },
  };
}

async function buildReport(
  services: RunServices,
  { run, status, statusReason, startedAtMs }: WriteReportInput,
): Promise<RunReport> {
  const { store, config } = services;
  const names = await store.list(`${run.runName}/`);
  const evaluated = await Promise.all(
    roundsWith(names, run.runName, 'evaluation').map((round) => readEvaluation(services, run.runName, names, round)),
  );
  const rounds = roundsWith(names, run.runName, 'pairs');
  const finishedAtMs = Date.now();
  return {
    formatVersion: 1,
    runName: run.runName,
    status,
    statusReason,
    config: JSON.parse(JSON.stringify(config)) as JsonValue,
    configHash: run.configHash,
    seed: config.seed,
    confidence: config.evaluation.confidence,
    timing: {
      startedAt: new Date(startedAtMs).toISOString(),
      finishedAt: new Date(finishedAtMs).toISOString(),
      seconds: (finishedAtMs - startedAtMs) / 1000,
    },
    evaluations: evaluated.map(({ evaluation }) => evaluation),
    differences: differences(evaluated, {
      resamples: config.evaluation.resamples,
      confidence: config.evaluation.confidence,
      seed: config.seed,
    }),
    rounds: await Promise.all(rounds.map((round) => readRound(services, run.runName, names, round))),
    calls: await readCalls(services, run.runName, names),
    samples: await readReportSamples(services, run.runName, names, rounds.at(-1)),
    artifacts: await Promise.all(
      names.map(async (name) => {
        const { ref, manifest } = await readArtifact(store, name);
        return { ...ref, step: manifest.step };
      }),
    ),
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
  readonly rates: ReadonlyMap<string, number>;
}

async function readEvaluation(
  services: RunServices,
  runName: string,
  names: readonly string[],
  round: number,
): Promise<EvaluatedRound> {
  const [row] = (await readArtifact<Evaluation>(services.store, roundName(runName, round, 'evaluation'))).rows;
  const shards = judgedShardCount(names, runName, round, 'evaluate');
  const { rows } = await readJudgedStage(services.store, { runName, round, stage: 'evaluate', shards });
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
    const shared = [...base.rates.keys()].filter((promptId) => rates.has(promptId));
    if (shared.length === 0) return [];
    const before = shared.map((promptId) => base.rates.get(promptId) as number);
    const after = shared.map((promptId) => rates.get(promptId) as number);
    return [{ round: evaluation.round, interval: bootstrapPairedDifference(before, after, options) }];
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
    ? (await readArtifact<TrainingResult>(store, roundName(runName, round, 'training'))).rows[0]
    : undefined;
  const curve = names.includes(roundName(runName, round, 'curve'))
    ? (await readArtifact<Extract<TrainerEvent, { event: 'step' }>>(store, roundName(runName, round, 'curve'))).rows
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

async function readCalls(
  services: RunServices,
  runName: string,
  names: readonly string[],
): Promise<readonly ReportCalls[]> {
  const stages = [
    ...new Set(names.flatMap((name) => /\/(round-\d+\/(?:sample|evaluate))\/rollouts\//.exec(name)?.[1] ?? [])),
  ];
  return Promise.all(
    stages.map(async (stage) => {
      const { sent, answered, failed, lost } = await services.ledgers.countsBelow(`${runName}/${stage}`);
      const rollouts = await Promise.all(
        names
          .filter((name) => name.startsWith(`${runName}/${stage}/rollouts/`))
          .map((name) => services.store.find(name)),
      );
      const sum = (field: string) =>
        rollouts.reduce((total, manifest) => total + Number(manifest?.summary[field] ?? 0), 0);
      return {
        stage,
        sent,
        answered,
        failed,
        lost,
        promptTokens: sum('promptTokens'),
        completionTokens: sum('completionTokens'),
      };
    }),
  );
}
