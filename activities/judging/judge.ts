import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { cancellationSignal } from '@temporalio/activity';
import type { CallLedger } from '../../clients/call-ledger.ts';
import { coverageFloor } from '../../configs/coverage-floor.ts';
import { shardName, stageName } from '../../domain/artifact-names.ts';
import type { Verdict } from '../../domain/checklist.ts';
import { countBroken } from '../../domain/completion.ts';
import { DataError } from '../../domain/errors.ts';
import type { JudgeMode } from '../../domain/judging/judge-method.ts';
import { passRate } from '../../domain/pass-rate.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedGroup, JudgedRollout, Rollout } from '../../domain/rollout.ts';
import { addCounts, NO_COUNTS, type JudgeRole, type RolloutCounts, type ShardTask } from '../../domain/run.ts';
import { settleAll } from '../../domain/settle-all.ts';
import { createCallBatch } from '../calls/call-batch.ts';
import { createDecideByCode } from './decide-by-code.ts';
import { startHeartbeats } from '../heartbeats.ts';
import { judgeAnswer, type DecideByCode, type JudgePanel } from './judge-answer.ts';
import type { JudgeCalls, JudgeUsage } from './judge-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { readPrompts } from '../artifacts/read-prompts.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { showToJudge } from './show-to-judge.ts';

type JudgeCounts = Pick<
  RolloutCounts,
  'judgeCalls' | 'judgePromptTokens' | 'judgeCompletionTokens' | 'unreportedUsage'
>;

/** Gives each rollout of a shard its verdicts and its pass rate, by the judges of the task's role. */
export function createJudgeActivities(provider: RunServicesProvider) {
  return {
    async judge(task: ShardTask): Promise<RolloutCounts> {
      const services = await provider.of(task.run);
      const { store } = services;
      const prefix = stageName(task.run.runName, task.round, task.stage);
      const role = task.role ?? 'judge';
      const name = shardName(prefix, role === 'judge' ? 'judged' : 'gold', task.shard);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as RolloutCounts;

      const prompts = await readPrompts(services, { ...task, runName: task.run.runName }, role);
      const rollouts = await readArtifact<Rollout>(store, shardName(prefix, 'rollouts', task.shard));
      const { judged, judgeCounts } = await judgeRollouts(
        services,
        task,
        name,
        new Map(prompts.rows.map((row) => [row.promptId, row])),
        rollouts.rows,
      );
      const usage = rollouts.manifest.summary as Pick<RolloutCounts, 'calls' | 'promptTokens' | 'completionTokens'>;
      const counts = { ...judged.map(countRollout).reduce(addCounts, NO_COUNTS), ...usage, ...judgeCounts };
      await store.write({
        name,
        schema: 'judged-group',
        step: 'judge',
        parents: [...prompts.parents, rollouts.ref],
        configHash: task.run.configHash,
        policy: rollouts.manifest.policy,
        shards: [groupByPrompt(judged)],
        summary: { ...counts },
      });
      return counts;
    },
  };
}

async function judgeRollouts(
  services: RunServices,
  task: ShardTask,
  scope: string,
  prompts: ReadonlyMap<string, PromptRow>,
  rollouts: readonly Rollout[],
): Promise<{ readonly judged: readonly JudgedRollout[]; readonly judgeCounts: JudgeCounts }> {
  const signal = cancellationSignal();
  const role = task.role ?? 'judge';
  const panel = await seatPanel(services, role);
  const minCoverage = coverageFloor(services.config, task.stage, role);
  const usage: JudgeUsage = { calls: 0, promptTokens: 0, completionTokens: 0, reported: 0 };
  const progress = { done: 0, total: rollouts.length };
  const stopHeartbeats = startHeartbeats(() => ({ ...progress, ...usage }));
  const ledger = await services.ledgers.open(scope);
  const decide = createDecideByCode(services.sandbox);
  const calls: JudgeCalls = { ledger, batch: createCallBatch(signal), signal, usage };
  // Few answers at once, each with all its items: more would push each other's prefixes out of the judge's cache.
  const answersAtOnce = pLimit(
    Math.max(1, ...(services.judges[role]?.seats ?? []).map(({ lane }) => lane.concurrency)),
  );
  try {
    const judged = await settleAll(
      rollouts.map((rollout) =>
        answersAtOnce(async () => {
          const shown = showToJudge(services.config, task.stage, rollout);
          const verdicts_I = await judgeRollout(calls, panel, decide, prompts.get(rollout.promptId), shown);
          progress.done += 1;
          return { ...rollout, verdicts_I, passRate: passRate(verdicts_I, minCoverage) ?? null };
        }),
      ),
    );
    return { judged, judgeCounts: countJudgeCalls(ledger, usage) };
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

async function judgeRollout(
  calls: JudgeCalls,
  panel: JudgePanel,
  decide: DecideByCode,
  row: PromptRow | undefined,
  { promptId, outcome, sampleIndex }: Rollout,
): Promise<readonly Verdict[]> {
  if (row === undefined) {
    throw new DataError('data/invalid-row', `Rollout of "${promptId}" has no prompt in its shard.`);
  }
  if (!outcome.ok) return [];
  calls.signal.throwIfAborted();
  return judgeAnswer(calls, panel, { row, sampleIndex, text: outcome.text }, decide);
}

async function seatPanel({ judges, config }: RunServices, role: JudgeRole): Promise<JudgePanel> {
  const { config: rules = { useVerifiers: true, verifierMode: 'replace' } as const, seats = [] } = judges[role] ?? {};
  return {
    role,
    seed: config.seed,
    // Without a judge there is nobody to average with.
    config: rules,
    judges: await Promise.all(
      seats.map(async (seat) => ({
        ...seat,
        template: await readTemplate(seat.config.mode),
        verdictTemplate: await readTemplate('item-verdict'),
      })),
    ),
  };
}

function readTemplate(name: JudgeMode | 'item-verdict'): Promise<string> {
  return readFile(new URL(`../../prompts/judge-${name}.md`, import.meta.url), 'utf8');
}

/** All calls that were sent, by earlier attempts too; those that failed or were lost have cost tokens that nobody knows. */
function countJudgeCalls(ledger: CallLedger, usage: JudgeUsage): JudgeCounts {
  const { sent } = ledger.counts();
  return {
    judgeCalls: sent,
    judgePromptTokens: usage.promptTokens,
    judgeCompletionTokens: usage.completionTokens,
    unreportedUsage: sent - usage.reported,
  };
}

function countRollout({ outcome, verdicts_I, passRate: rate }: JudgedRollout): RolloutCounts {
  const count = (answer: Verdict['answer']) => verdicts_I.filter((verdict) => verdict.answer === answer).length;
  return {
    ...NO_COUNTS,
    rollouts: 1,
    failed: outcome.ok ? 0 : 1,
    ...countBroken(outcome.ok ? [outcome.finishReason] : []),
    yes: count('yes'),
    no: count('no'),
    unparsed: count('unparsed'),
    passRateSum: rate ?? 0,
    passRateCount: rate === null ? 0 : 1,
  };
}

function groupByPrompt(rollouts: readonly JudgedRollout[]): readonly JudgedGroup[] {
  const groups = new Map<string, JudgedRollout[]>();
  for (const rollout of rollouts) groups.set(rollout.promptId, [...(groups.get(rollout.promptId) ?? []), rollout]);
  return [...groups].map(([promptId, rollouts_G]) => ({
    promptId,
    rollouts_G: rollouts_G.toSorted((a, b) => a.sampleIndex - b.sampleIndex),
  }));
}
