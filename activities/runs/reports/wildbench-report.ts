import { baselineNames, endpointOf, type WildbenchConfig } from '../../../configs/schema/wildbench.ts';
import { comparedPoliciesName, comparedPolicyPrefix, promptSetPrefix } from '../../../domain/artifact-names.ts';
import { countBroken } from '../../../domain/completion.ts';
import { spreadEvenly } from '../../../domain/report/spread-evenly.ts';
import type {
  ReportedJudge,
  ReportedPolicy,
  WildbenchReport,
  WildbenchSample,
} from '../../../domain/report/wildbench/wildbench-report.ts';
import type { Rollout } from '../../../domain/rollout.ts';
import type { AnswerPair, AnswerScore } from '../../../domain/wildbench/judgments.ts';
import { rankRun } from '../../../domain/wildbench/rank-run.ts';
import type { TaskRow } from '../../../domain/wildbench/task-row.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import type { RunServices } from '../../run-services.ts';
import type { ComparedPolicy } from '../../wildbench/policies.ts';
import { readLoopCalls, type CallPlace } from './loop-calls.ts';
import { readRowsBelow, SAMPLE_COUNT } from './loop-rows.ts';
import type { ReportFrame } from './report-frame.ts';

/** All rows of one policy. */
interface PolicyRows {
  readonly compared: ComparedPolicy;
  readonly rollouts: readonly Rollout[];
  readonly scores: readonly AnswerScore[];
  readonly pairs: readonly AnswerPair[];
}

/** What the store holds of a comparison: the answers and judgments of its finished shards. */
export async function readWildbenchReport(
  services: RunServices,
  config: WildbenchConfig,
  { base, names, bootstrap }: ReportFrame,
): Promise<WildbenchReport> {
  const { runName } = base;
  const { mode, lengthPenaltiesChars, bothOrders } = config.wildbench;
  const tasks = await readRowsBelow<TaskRow>(services, names, `${promptSetPrefix(runName, 'prompts')}/prompts`);
  const policies = await readPolicies(services, runName, names);
  const baselines = baselineNames(config);
  const policyNames = policies.map(({ compared }) => compared.name);
  const reference = baselines.find((name) => policyNames.includes(name)) ?? policyNames[0] ?? '';
  const settings = {
    mode,
    baselines,
    reference,
    lengthPenaltiesChars,
    bothOrders,
    bootstrap,
    policies: policyNames,
    tasks: tasks.length,
    groups: new Map(tasks.map(({ promptId, groups }) => [promptId, groups])),
  };
  const boards = Object.entries(config.judges)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([judge, { modes }]) =>
      rankRun(
        { judge, scores: modes.includes('score'), pairs: modes.includes('pair') && baselines.length > 0 },
        policies.map(({ compared, scores, pairs }) => ({
          policy: compared.name,
          scores: scores.filter((row) => row.judge === judge),
          pairs: pairs.filter((row) => row.judge === judge),
        })),
        settings,
      ),
    );
  return {
    ...base,
    loop: 'wildbench',
    mode,
    tasksInSet: tasks.length,
    tasksAnswered: countAnswered(tasks, policies),
    policies: policies.map(reportPolicy),
    baselines,
    reference,
    judges: reportJudges(config),
    boards,
    calls: await readLoopCalls(services, runName, names, callPlaces(runName, policyNames)),
    samples: spreadEvenly(tasks, SAMPLE_COUNT).map((task) => sampleOf(task, policies)),
  };
}

async function readPolicies(
  services: RunServices,
  runName: string,
  names: readonly string[],
): Promise<readonly PolicyRows[]> {
  // A run that was refused before it was opened has compared nothing.
  if (!names.includes(comparedPoliciesName(runName))) return [];
  const { rows } = await readArtifact<ComparedPolicy>(services.store, comparedPoliciesName(runName));
  return Promise.all(
    rows.map(async (compared) => {
      const prefix = comparedPolicyPrefix(runName, compared.name);
      return {
        compared,
        rollouts: await readRowsBelow<Rollout>(services, names, `${prefix}/rollouts`),
        scores: await readRowsBelow<AnswerScore>(services, names, `${prefix}/scores`),
        pairs: await readRowsBelow<AnswerPair>(services, names, `${prefix}/pairs`),
      };
    }),
  );
}

function callPlaces(runName: string, policies: readonly string[]): readonly CallPlace[] {
  return policies.flatMap((name) =>
    (['rollouts', 'scores', 'pairs'] as const).map((kind) => ({ folder: comparedPolicyPrefix(runName, name), kind })),
  );
}

function countAnswered(tasks: readonly TaskRow[], policies: readonly PolicyRows[]): number {
  const answered = policies.map(
    ({ rollouts }) => new Set(rollouts.flatMap(({ promptId, outcome }) => (outcome.ok ? [promptId] : []))),
  );
  return answered.length === 0
    ? 0
    : tasks.filter(({ promptId }) => answered.every((prompts) => prompts.has(promptId))).length;
}

function reportPolicy({ compared, rollouts }: PolicyRows): ReportedPolicy {
  const { truncated, looped } = countBroken(
    rollouts.flatMap(({ outcome }) => (outcome.ok ? outcome.finishReason : [])),
  );
  const { name, version, origin } = compared;
  return {
    name,
    servedModel: version.servedModel,
    trainedBy: origin === null ? null : { runName: origin.runName, round: version.round },
    answers: rollouts.length,
    failed: rollouts.filter(({ outcome }) => !outcome.ok).length,
    lengthLimited: truncated,
    looped,
  };
}

function reportJudges(config: WildbenchConfig): readonly ReportedJudge[] {
  const place = ({ baseUrl, model }: { readonly baseUrl: string; readonly model: string }) =>
    `${baseUrl.replace(/\/+$/, '').toLowerCase()} ${model}`;
  return Object.entries(config.judges)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, judge]) => ({
      name,
      model: judge.model,
      isAlso: Object.keys(config.policies)
        .filter((policy) => place(endpointOf(config, policy)) === place(judge))
        .toSorted(),
    }));
}

function sampleOf(task: TaskRow, policies: readonly PolicyRows[]): WildbenchSample {
  return {
    task,
    answers: policies.flatMap(({ compared, rollouts, scores, pairs }) => {
      const rollout = rollouts.find(({ promptId }) => promptId === task.promptId);
      if (rollout === undefined) return [];
      const { outcome } = rollout;
      return [
        {
          policy: compared.name,
          text: outcome.ok ? outcome.text : null,
          lengthLimited: outcome.ok && outcome.finishReason === 'length',
          looped: outcome.ok && outcome.finishReason === 'repetition',
          scores: scores.filter(({ sessionId }) => sessionId === task.promptId),
          pairs: pairs.filter(({ sessionId }) => sessionId === task.promptId),
        },
      ];
    }),
  };
}
