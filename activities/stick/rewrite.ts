import { readFile } from 'node:fs/promises';
import { configOfLoop, stageSampling } from '../../configs/stage-sampling.ts';
import { shardName, stageName } from '../../domain/artifact-names.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import { decideTurn, rejectRewrite } from '../../domain/refine/decide-turn.ts';
import type { StopReason } from '../../domain/refine/refinement.ts';
import {
  renderCritiquePrompt,
  renderRewritePrompt,
  renderSelfRefinePrompt,
} from '../../domain/refine/rewrite-prompt.ts';
import type { JudgedGroup, JudgedRollout, Rollout } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { drawRollouts, samplingParameters, type CallUsage, type PolicyCall } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { readPrompts } from '../artifacts/read-prompts.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

/** A prompt that a turn did not go on with. */
export interface EndedPrompt {
  readonly promptId: string;
  readonly reason: StopReason;
  /** The rewrite that was turned down; `null` when none was asked for. */
  readonly turnedDown: string | null;
}

/** A prompt that is rewritten: its answers so far, the newest last. */
interface OpenPrompt {
  readonly row: PromptRow;
  readonly newest: JudgedRollout;
  readonly texts: readonly string[];
}

/** The rewriting half of a refinement: what failed is told to the policy, which writes the answer again. */
export function createRewriteActivities(provider: RunServicesProvider) {
  return {
    /**
     * Rewrites the open answers of the turn before `task.round`, in the loop `task.stage`.
     *
     * @returns how many new answers there are to go on with
     */
    async rewrite(task: ShardTask): Promise<number> {
      const services = await provider.of(task.run);
      const name = shardName(stageName(task.run.runName, task.round, task.stage), 'rollouts', task.shard);
      const existing = await services.store.find(name);
      if (existing !== undefined) return existing.rows;
      const before = await readTurnBefore(services, task);
      const calls = await planRewrites(services, task, before.open);
      const { rollouts, usage } = await drawRollouts(services, task, name, calls);
      const judged = new Map(before.open.map((prompt) => [prompt.row.promptId, prompt]));
      const kept: Rollout[] = [];
      const ended: EndedPrompt[] = [...before.ended];
      for (const rollout of rollouts) {
        const reason = rejectOf(judged.get(rollout.promptId), rollout);
        if (reason === null) kept.push(rollout);
        else ended.push({ promptId: rollout.promptId, reason, turnedDown: textOf(rollout) });
      }
      const common = {
        step: 'rewrite',
        parents: before.parents,
        configHash: task.run.configHash,
        policy: policyStamp(task.policy),
      };
      await services.store.write({
        ...common,
        name: shardName(stageName(task.run.runName, task.round, task.stage), 'ended', task.shard),
        schema: 'ended-prompt',
        shards: [ended],
        summary: {},
      });
      await services.store.write({
        ...common,
        name,
        schema: 'rollout',
        shards: [kept],
        summary: { ...usage, rewritten: rollouts.length },
      });
      return kept.length;
    },

    /** Asks the policy what is wrong with the answers of the turn before: the feedback of the self-critique baseline. */
    async critique(task: ShardTask): Promise<CallUsage> {
      const services = await provider.of(task.run);
      const name = shardName(stageName(task.run.runName, task.round, task.stage), 'critiques', task.shard);
      const existing = await services.store.find(name);
      if (existing !== undefined) return existing.summary as unknown as CallUsage;
      const before = await readTurnBefore(services, task);
      const template = await readTemplate('self-critique.md');
      const calls = before.open.map(({ row, newest }) =>
        planCall(
          services,
          task,
          'critique',
          row,
          renderCritiquePrompt(template, renderInstruction(row.messages), textOf(newest)),
        ),
      );
      const { rollouts, usage } = await drawRollouts(services, task, name, calls);
      await services.store.write({
        name,
        schema: 'critique',
        step: 'critique',
        parents: before.parents,
        configHash: task.run.configHash,
        policy: policyStamp(task.policy),
        shards: [rollouts],
        summary: { ...usage },
      });
      return usage;
    },
  };
}

function rejectOf(prompt: OpenPrompt | undefined, { outcome }: Rollout): StopReason | null {
  if (prompt === undefined) return 'failed';
  const { newest, texts, row } = prompt;
  const wasCutOff = newest.outcome.ok && newest.outcome.finishReason !== 'stop';
  return rejectRewrite(texts, wasCutOff, outcome, row.checklist);
}

/** The answers that a turn starts from, and those that end with what was decided about them. */
async function readTurnBefore(services: RunServices, task: ShardTask) {
  const { runName } = task.run;
  const turns = await Promise.all(Array.from({ length: task.round }, (_, turn) => readTurn(services, task, turn)));
  const newest = turns.at(-1);
  const { rows, parents } = await readPrompts(services, {
    runName,
    stage: task.round === 1 ? 'answer' : task.stage,
    round: task.round - 1,
    shard: task.shard,
  });
  const prompts = new Map(rows.map((row) => [row.promptId, row]));
  const open: OpenPrompt[] = [];
  const ended: EndedPrompt[] = [];
  for (const rollout of newest?.rollouts ?? []) {
    const row = prompts.get(rollout.promptId);
    if (row === undefined) continue;
    const decision = task.stage === 'refine' ? decideTurn(rollout.outcome, rollout.verdicts_I) : decideBlind(rollout);
    if (decision.rewrite) open.push({ row, newest: rollout, texts: textsOf(turns, rollout.promptId) });
    else ended.push({ promptId: rollout.promptId, reason: decision.reason, turnedDown: null });
  }
  return { open, ended, parents: [...parents, ...(newest === undefined ? [] : [newest.ref])] };
}

/** Self-critique knows no verdicts: it goes on with whatever is an answer. */
function decideBlind({ outcome }: JudgedRollout) {
  return outcome.ok ? ({ rewrite: true } as const) : ({ rewrite: false, reason: 'failed' } as const);
}

/** One turn's answers with the verdicts that steer, if any do. */
async function readTurn({ store }: RunServices, task: ShardTask, turn: number) {
  const prefix = stageName(task.run.runName, turn, turn === 0 ? 'answer' : task.stage);
  if (task.stage === 'refine') {
    const judged = await readArtifact<JudgedGroup>(store, shardName(prefix, 'judged', task.shard));
    return { ref: judged.ref, rollouts: judged.rows.flatMap(({ rollouts_G }) => rollouts_G) };
  }
  const drawn = await readArtifact<Rollout>(store, shardName(prefix, 'rollouts', task.shard));
  return { ref: drawn.ref, rollouts: drawn.rows.map((rollout) => ({ ...rollout, verdicts_I: [], passRate: null })) };
}

function textsOf(turns: readonly { readonly rollouts: readonly JudgedRollout[] }[], promptId: string) {
  return turns.flatMap(({ rollouts }) =>
    rollouts.filter((rollout) => rollout.promptId === promptId).map((rollout) => textOf(rollout)),
  );
}

function textOf({ outcome }: Rollout): string {
  return outcome.ok ? outcome.text : '';
}

async function planRewrites(
  services: RunServices,
  task: ShardTask,
  open: readonly OpenPrompt[],
): Promise<readonly PolicyCall[]> {
  if (task.stage === 'refine') {
    const template = await readTemplate('refine.md');
    return open.map(({ row, newest }) =>
      planCall(
        services,
        task,
        'rewrite',
        row,
        renderRewritePrompt(template, {
          instruction: renderInstruction(row.messages),
          answer: textOf(newest),
          checklist: row.checklist,
          verdicts_I: newest.verdicts_I,
        }),
      ),
    );
  }
  const template = await readTemplate('self-refine.md');
  const critiques = await readArtifact<Rollout>(
    services.store,
    shardName(stageName(task.run.runName, task.round, task.stage), 'critiques', task.shard),
  );
  const critiqueOf = new Map(critiques.rows.map((rollout) => [rollout.promptId, textOf(rollout)]));
  return open.map(({ row, newest }) =>
    planCall(
      services,
      task,
      'rewrite',
      row,
      renderSelfRefinePrompt(template, {
        instruction: renderInstruction(row.messages),
        answer: textOf(newest),
        critique: critiqueOf.get(row.promptId) ?? '',
      }),
    ),
  );
}

function planCall(
  { config }: RunServices,
  { stage, round }: ShardTask,
  verb: 'critique' | 'rewrite',
  { promptId }: PromptRow,
  content: string,
): PolicyCall {
  const { seed } = configOfLoop(config, 'refine');
  return {
    promptId,
    messages: [{ role: 'user', content }],
    firstSample: 0,
    seed: callSeed({ seed, stage: `${stage}/${verb}`, round, promptId, sampleIndex: 0 }),
    n: 1,
    sampling: samplingParameters(stageSampling(config, stage)),
  };
}

function readTemplate(file: string): Promise<string> {
  return readFile(new URL(`../../prompts/${file}`, import.meta.url), 'utf8');
}
