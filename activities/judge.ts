import { readFile } from 'node:fs/promises';
import { cancellationSignal } from '@temporalio/activity';
import { hashJson, sha256Hex } from '../clients/content-hash.ts';
import type { CallLedger } from '../clients/call-ledger.ts';
import { promptSetName, promptSetOf, shardName, stageName } from '../domain/artifact-names.ts';
import type { Item, Verdict } from '../domain/checklist.ts';
import type { FinishReason } from '../domain/completion.ts';
import { DataError } from '../domain/errors.ts';
import { parseVerdict, renderJudgePrompt } from '../domain/judge-item.ts';
import { passRate } from '../domain/pass-rate.ts';
import type { PromptRow } from '../domain/prompt.ts';
import { callSeed } from '../domain/random.ts';
import type { JudgedGroup, JudgedRollout, Rollout } from '../domain/rollout.ts';
import { addCounts, NO_COUNTS, type RolloutCounts, type ShardTask } from '../domain/run.ts';
import { verify } from '../domain/verifiers/verify.ts';
import { startHeartbeats } from './heartbeats.ts';
import { finishWhatIsPaid, isRefused, payOnce } from './paid-calls.ts';
import { readArtifact } from './read-artifact.ts';
import type { RunServices, RunServicesProvider } from './run-services.ts';

interface JudgeAnswer {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** Where judge calls go: nowhere, when every item has a verifier. */
interface JudgeCalls {
  readonly services: RunServices;
  readonly ledger: CallLedger;
  readonly template: string;
  readonly signal: AbortSignal;
}

/** Gives each rollout of a shard its verdicts and its pass rate. */
export function createJudgeActivities(provider: RunServicesProvider) {
  return {
    async judge(task: ShardTask): Promise<RolloutCounts> {
      const services = await provider.of(task.run);
      const { store } = services;
      const prefix = stageName(task.run.runName, task.round, task.stage);
      const name = shardName(prefix, 'judged', task.shard);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as RolloutCounts;

      const prompts = await readArtifact<PromptRow>(
        store,
        shardName(promptSetName(task.run.runName, promptSetOf(task.stage)), 'prompts', task.shard),
      );
      const rollouts = await readArtifact<Rollout>(store, shardName(prefix, 'rollouts', task.shard));
      const judged = await judgeRollouts(
        services,
        name,
        new Map(prompts.rows.map((row) => [row.promptId, row])),
        rollouts.rows,
      );
      const usage = rollouts.manifest.summary as Pick<RolloutCounts, 'calls' | 'promptTokens' | 'completionTokens'>;
      const counts = { ...judged.map(countRollout).reduce(addCounts, NO_COUNTS), ...usage };
      await store.write({
        name,
        schema: 'judged-group',
        step: 'judge',
        parents: [prompts.ref, rollouts.ref],
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
  scope: string,
  prompts: ReadonlyMap<string, PromptRow>,
  rollouts: readonly Rollout[],
): Promise<readonly JudgedRollout[]> {
  const signal = cancellationSignal();
  const progress = { done: 0, total: rollouts.length, calls: 0, promptTokens: 0, completionTokens: 0 };
  const stopHeartbeats = startHeartbeats(() => progress);
  const ledger = await services.ledgers.open(scope);
  try {
    const template = await readFile(new URL('../prompts/judge-item.md', import.meta.url), 'utf8');
    return await finishWhatIsPaid(
      services.judgeLane,
      rollouts,
      async (rollout) => {
        const row = prompts.get(rollout.promptId);
        if (row === undefined)
          throw new DataError('data/invalid-row', `Rollout of "${rollout.promptId}" has no prompt in its shard.`);
        const verdicts_I = await judgeChecklist({ services, ledger, template, signal }, row, rollout);
        progress.done += 1;
        return { ...rollout, verdicts_I, passRate: passRate(verdicts_I) ?? null };
      },
      signal,
    );
  } finally {
    stopHeartbeats();
    await ledger.close();
  }
}

async function judgeChecklist(
  calls: JudgeCalls,
  row: PromptRow,
  { outcome, sampleIndex, policy }: Rollout,
): Promise<readonly Verdict[]> {
  if (!outcome.ok) return [];
  const verdicts_I: Verdict[] = [];
  // One item after the other: they share the prompt up to the question, so the judge's prefix cache serves the later ones.
  for (const [index, item] of row.checklist.entries()) {
    if (item.verifier === undefined) {
      verdicts_I.push(await askJudge(calls, row, item, outcome.text, [policy, sampleIndex, index]));
    } else {
      const { pass, reason } = verify(item.verifier, outcome.text);
      verdicts_I.push({ answer: pass ? 'yes' : 'no', by: 'code', reason });
    }
  }
  return verdicts_I;
}

/** Asks until a verdict can be read, each time with a new seed; what stays unreadable is `unparsed`, never a `no`. */
async function askJudge(
  { services, ledger, template, signal }: JudgeCalls,
  row: PromptRow,
  item: Item,
  answer: string,
  place: readonly (string | number)[],
): Promise<Verdict> {
  const { judge, config } = services;
  const settings = config.judge;
  if (judge === undefined || settings === undefined) {
    throw new DataError(
      'data/invalid-row',
      `Prompt "${row.promptId}" has an item that needs a judge, and the run has none.`,
    );
  }
  const { temperature, maxTokens, attempts, model } = settings;
  const instruction = row.messages.map(({ content }) => content).join('\n\n');
  const content = renderJudgePrompt(template, { instruction, answer, question: item.question });
  let verdict: Verdict = { answer: 'unparsed', by: 'judge', cause: 'empty', reason: 'the judge was not asked' };
  for (let attempt = 0; attempt < attempts && verdict.answer === 'unparsed'; attempt += 1) {
    const seed = callSeed({
      seed: config.seed,
      stage: `judge/${place.join('/')}`,
      round: 0,
      promptId: row.promptId,
      sampleIndex: attempt,
    });
    const key = hashJson({
      endpoint: 'judge',
      model,
      template: sha256Hex(template),
      content,
      temperature,
      maxTokens,
      seed,
    });
    const reply = await payOnce<JudgeAnswer>(ledger, key, async () => {
      signal.throwIfAborted();
      const { text, finishReason, usage } = await judge.ask(
        { messages: [{ role: 'user', content }], seed, temperature, maxTokens },
        signal,
      );
      return {
        text,
        finishReason,
        promptTokens: usage.promptTokens ?? null,
        completionTokens: usage.completionTokens ?? null,
      };
    });
    verdict = isRefused(reply)
      ? { answer: 'unparsed', by: 'judge', cause: 'refused', reason: reply.refused.message }
      : parseVerdict(reply.text, reply.finishReason);
  }
  return verdict;
}

function countRollout({ outcome, verdicts_I, passRate: rate }: JudgedRollout): RolloutCounts {
  const count = (answer: Verdict['answer']) => verdicts_I.filter((verdict) => verdict.answer === answer).length;
  return {
    ...NO_COUNTS,
    rollouts: 1,
    failed: outcome.ok ? 0 : 1,
    truncated: outcome.ok && outcome.finishReason === 'length' ? 1 : 0,
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
