import { configOfLoop } from '../../configs/stage-sampling.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { bootstrapMean, type Interval } from '../../domain/bootstrap.ts';
import { summarizeKl, type AnswerKl } from '../../domain/gates/estimate-kl.ts';
import { measureDistinctness, measureLength } from '../../domain/gates/measure-answers.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import type { Rates } from '../../domain/report/pair-rates.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import type { Evaluation, JudgeRole, RunRef } from '../../domain/run.ts';
import { measureTasks } from './measure-tasks.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { readJudgedStage } from '../artifacts/read-stage.ts';
import { withHeartbeats } from '../heartbeats.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

export interface EvaluateInput {
  readonly run: RunRef;
  readonly round: number;
  readonly shards: number;
  readonly policy: PolicyVersion;
  /** Whether gold verdicts were asked for. */
  readonly gold: boolean;
  /** Whether the divergence from the base was measured. */
  readonly kl?: boolean;
  /** Where tasks were answered and judged too: their shards, and the version that the answers are compared with. */
  readonly tasks?: { readonly shards: number; readonly initialRound: number };
}

/** Mean pass rate of a prompt's completions; `undefined` when none was decided. */
export function groupPassRate({ rollouts_G }: JudgedGroup): number | undefined {
  const rates = rollouts_G.flatMap(({ passRate }) => (passRate === null ? [] : [passRate]));
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

/** The held-out prompts of a round with their groups, by one kind of judge, and the pass rate of each by id. */
export async function readHeldOut(
  services: RunServices,
  place: { readonly runName: string; readonly round: number; readonly shards: number; readonly role: JudgeRole },
) {
  const stage = await readJudgedStage(services, { ...place, stage: 'evaluate' });
  const rates: Rates = new Map(
    stage.rows.flatMap(([{ promptId }, group]) => {
      const rate = groupPassRate(group);
      return rate === undefined ? [] : [[promptId, rate] as const];
    }),
  );
  return { ...stage, groups: stage.rows.map(([, group]) => group), rates };
}

async function readKl({ store, config }: RunServices, runName: string, round: number) {
  const { ref, rows, manifest } = await readArtifact<AnswerKl>(store, roundName(runName, round, 'kl'));
  const { resamples, confidence } = configOfLoop(config, 'online-dpo').evaluation;
  const options = { resamples, confidence, seed: config.seed };
  return { parent: ref, measure: summarizeKl(manifest.summary['reference'] as string, rows, options) };
}

/** Measures a policy version on the held-out prompts. */
export function createEvaluateActivities(provider: RunServicesProvider) {
  return {
    async measureHeldOut(input: EvaluateInput): Promise<Evaluation> {
      const { run, round } = input;
      const services = await provider.of(run);
      const { store } = services;
      const name = roundName(run.runName, round, 'evaluation');
      if ((await store.find(name)) !== undefined) {
        const [existing] = (await readArtifact<Evaluation>(store, name)).rows;
        if (existing !== undefined) return existing;
      }
      return withHeartbeats(() => measure(services, input, name));
    },
  };
}

async function measure(
  services: RunServices,
  { run, round, shards, policy, gold, kl = false, tasks }: EvaluateInput,
  name: string,
): Promise<Evaluation> {
  const { store, config } = services;
  const { resamples, confidence } = config.evaluation;
  const intervalOf = (rates: Rates): Interval | null =>
    rates.size === 0 ? null : bootstrapMean([...rates.values()], { resamples, confidence, seed: config.seed });
  const place = { runName: run.runName, round, shards };
  const judged = await readHeldOut(services, { ...place, role: 'judge' });
  const goldJudged = gold ? await readHeldOut(services, { ...place, role: 'gold' }) : undefined;
  const onTasks =
    tasks === undefined ? undefined : await measureTasks(services, { runName: run.runName, round, ...tasks });
  const diverged = kl ? await readKl(services, run.runName, round) : undefined;
  const evaluation: Evaluation = {
    round,
    policy: policyStamp(policy),
    interval: intervalOf(judged.rates),
    gold: goldJudged === undefined ? null : intervalOf(goldJudged.rates),
    lengthChars: measureLength(judged.groups),
    distinctness: measureDistinctness(judged.groups),
    ...(diverged === undefined ? {} : { kl: diverged.measure }),
    ...(onTasks === undefined ? {} : { tasks: onTasks.measures }),
  };
  await store.write({
    name,
    schema: 'evaluation',
    step: 'measure-held-out',
    parents: [
      ...judged.parents,
      ...(goldJudged?.parents ?? []),
      ...(diverged === undefined ? [] : [diverged.parent]),
      ...(onTasks?.parents ?? []),
    ],
    configHash: run.configHash,
    policy: evaluation.policy,
    shards: [[evaluation]],
    summary: {},
  });
  return evaluation;
}
