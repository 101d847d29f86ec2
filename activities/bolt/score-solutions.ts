import { readFile } from 'node:fs/promises';
import { cancellationSignal } from '@temporalio/activity';
import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import { judgeIdentity } from '../../configs/run-identity.ts';
import { panelOf } from '../../configs/schema/judge.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { promptShardName, shardName, stageName } from '../../domain/artifact-names.ts';
import type { BoltPrompt } from '../../domain/bolt/bolt-query.ts';
import type { CheckedSample } from '../../domain/bolt/checked-sample.ts';
import type { OutcomeScore, ScorerStamp } from '../../domain/bolt/outcome-score.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import { passRate } from '../../domain/pass-rate.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { createDecideByCode } from '../judging/decide-by-code.ts';
import type { DecideByCode } from '../judging/judge-answer.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce } from '../calls/paid-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RewardSeat, RunServices, RunServicesProvider } from '../run-services.ts';

type Valid = CheckedSample & { readonly parts: NonNullable<CheckedSample['parts']> };

/** Gives each valid response of a shard its outcome score, by its solution alone. */
export function createScoreSolutionsActivities(provider: RunServicesProvider) {
  return {
    /** @param task `round` is the attempt. A solution without a score has no row: it is not worth 0. */
    async scoreSolutions(task: ShardTask): Promise<void> {
      const services = await provider.of(task.run);
      const { store } = services;
      const { runName, configHash } = task.run;
      const name = shardName(stageName(runName, task.round, 'solutions'), 'outcome-scores', task.shard);
      if ((await store.find(name)) !== undefined) return;
      const prompts = await readArtifact<BoltPrompt>(store, promptShardName({ ...task, runName }));
      const checked = await readArtifact<CheckedSample>(
        store,
        shardName(stageName(runName, task.round, 'bootstrap'), 'checked', task.shard),
      );
      const valid = checked.rows.filter((row): row is Valid => row.code === 'ok' && row.parts !== null);
      const scoreOf = await withHeartbeats(() => score(services, task, name, prompts.rows, valid));
      const stamp = await stampOf(services);
      const scores = valid.flatMap(({ promptId, sampleIndex, tokens }): OutcomeScore[] => {
        const value = scoreOf(promptId, sampleIndex);
        const lengthTokens = (tokens?.thoughts ?? 0) + (tokens?.solution ?? 0);
        return value === null ? [] : [{ promptId, sampleIndex, score: value, lengthTokens, stamp }];
      });
      await store.write({
        name,
        schema: 'outcome-score',
        step: 'score-solutions',
        parents: [prompts.ref, checked.ref],
        configHash,
        policy: checked.manifest.policy,
        shards: [scores],
        summary: { valid: valid.length, scored: scores.length },
      });
    },
  };
}

/** The score of a sample; `null` where there is none. */
type ScoreOf = (promptId: string, sampleIndex: number) => number | null;

async function score(
  services: RunServices,
  task: ShardTask,
  scope: string,
  prompts: readonly BoltPrompt[],
  valid: readonly Valid[],
): Promise<ScoreOf> {
  if (services.rewardModel !== undefined) return askRewardModel(services, services.rewardModel, scope, prompts, valid);
  const { scorer } = configOfLoop(services.config, 'bolt').bootstrap;
  return scorer === 'verifier' ? scoreByCode(services, prompts, valid) : readJudged(services, task);
}

/** What the judges said of the solutions, by the checklists that the queries bring. */
async function readJudged({ store }: RunServices, task: ShardTask): Promise<ScoreOf> {
  const folder = stageName(task.run.runName, task.round, 'solutions');
  const judged = await readArtifact<JudgedGroup>(store, shardName(folder, 'judged', task.shard));
  return toLookup(
    judged.rows.flatMap(({ rollouts_G }) =>
      rollouts_G.map(({ promptId, sampleIndex, passRate: rate }) => [promptId, sampleIndex, rate] as const),
    ),
  );
}

async function scoreByCode(
  { sandbox }: RunServices,
  prompts: readonly BoltPrompt[],
  valid: readonly Valid[],
): Promise<ScoreOf> {
  const decide = createDecideByCode(sandbox);
  const checklists = new Map(prompts.map(({ promptId, checklist }) => [promptId, checklist]));
  const rows = await Promise.all(
    valid.map(async ({ promptId, sampleIndex, parts }) => {
      const items = (checklists.get(promptId) ?? []).filter(
        (item): item is Parameters<DecideByCode>[0] => item.verifier !== undefined,
      );
      const verdicts = await Promise.all(items.map((item) => decide(item, parts.solution)));
      return [promptId, sampleIndex, passRate(verdicts) ?? null] as const;
    }),
  );
  return toLookup(rows);
}

async function askRewardModel(
  services: RunServices,
  { model, name, lane }: RewardSeat,
  scope: string,
  prompts: readonly BoltPrompt[],
  valid: readonly Valid[],
): Promise<ScoreOf> {
  const signal = cancellationSignal();
  const messagesOf = new Map(prompts.map(({ promptId, messages }) => [promptId, messages]));
  const ledger = await services.ledgers.open(scope);
  try {
    const rows = await finishWhatIsPaid(
      lane,
      valid,
      async ({ promptId, sampleIndex, parts }) => {
        const messages = [
          ...(messagesOf.get(promptId) ?? []),
          { role: 'assistant' as const, content: parts.solution },
        ].map(({ role, content }) => ({ role, content }));
        const key = hashJson({ endpoint: 'reward-model', model: name, messages });
        const answer = await payOnce(ledger, key, () => model.score(messages, signal));
        return [promptId, sampleIndex, isRefused(answer) ? null : answer.score] as const;
      },
      signal,
    );
    return toLookup(rows);
  } finally {
    await ledger.close();
  }
}

function toLookup(rows: readonly (readonly [string, number, number | null])[]): ScoreOf {
  const key = (promptId: string, sampleIndex: number) => JSON.stringify([promptId, sampleIndex]);
  const scores = new Map(rows.map(([promptId, sampleIndex, value]) => [key(promptId, sampleIndex), value]));
  return (promptId, sampleIndex) => scores.get(key(promptId, sampleIndex)) ?? null;
}

/** Whatever changes the scale of the scores changes the revision. */
async function stampOf({ config, rewardModel }: RunServices): Promise<ScorerStamp> {
  if (rewardModel !== undefined) return { scorer: rewardModel.name, revision: rewardModel.name };
  const { judge, bootstrap } = configOfLoop(config, 'bolt');
  if (bootstrap.scorer === 'verifier' || judge === undefined) return { scorer: 'verifier', revision: 'code' };
  const modes = [...new Set(panelOf(judge).map(({ mode }) => mode))].toSorted();
  const templates = await Promise.all(
    modes.map((mode) => readFile(new URL(`../../prompts/judge-${mode}.md`, import.meta.url), 'utf8')),
  );
  const identity = {
    judge: JSON.parse(JSON.stringify(judgeIdentity(judge))) as JsonValue,
    templates: templates.map(sha256Hex),
  };
  return { scorer: 'checklist', revision: hashJson(identity).slice(0, 16) };
}
