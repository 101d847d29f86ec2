import type { ArtifactStore } from '../../clients/artifact-store.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { shardName, stageName } from '../../domain/artifact-names.ts';
import type { Checklist } from '../../domain/checklist.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import { chooseReturnedTurn, compareVerdicts } from '../../domain/refine/decide-turn.ts';
import type { RefineLoop, Refinement, TurnRecord } from '../../domain/refine/refinement.ts';
import { decideTurn } from '../../domain/refine/decide-turn.ts';
import type { JudgedGroup, JudgedRollout, Rollout } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { readArtifact, refOf } from '../artifacts/read-artifact.ts';
import { readPrompts } from '../artifacts/read-prompts.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { EndedPrompt } from './rewrite.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

/** What a turn of a shard left behind, each by prompt. */
interface TurnRows {
  readonly turn: number;
  /** Those that were written for this turn; empty where one holds for all turns. */
  readonly checklists: ReadonlyMap<string, Checklist>;
  readonly rollouts: ReadonlyMap<string, Rollout>;
  readonly judged: ReadonlyMap<string, JudgedRollout>;
  readonly gold: ReadonlyMap<string, JudgedRollout>;
  readonly critiques: ReadonlyMap<string, Rollout>;
  readonly ended: ReadonlyMap<string, EndedPrompt>;
}

/** The end of a refinement: one row a prompt that keeps every turn. */
export function createFinishRefinementActivities(provider: RunServicesProvider) {
  return {
    /** @param task the shard and its loop; `task.round` is the last turn there is */
    async finishRefinement(task: ShardTask & { readonly stage: RefineLoop }): Promise<void> {
      const services = await provider.of(task.run);
      const { store, config } = services;
      const name = shardName(`${task.run.runName}/${task.stage}`, 'results', task.shard);
      if ((await store.find(name)) !== undefined) return;
      const place = { runName: task.run.runName, stage: 'answer', round: 0, shard: task.shard } as const;
      const prompts = await readPrompts(services, place);
      const gold = await readPrompts(services, place, 'gold');
      const parents: ArtifactRef[] = [...prompts.parents];
      const { returns, checklist } = configOfLoop(config, 'refine').refine;
      const turns = await Promise.all(
        Array.from({ length: task.round + 1 }, (_, turn) =>
          readTurnRows(services, task, turn, checklist === 'regenerated', parents),
        ),
      );
      const goldChecklists = new Map(gold.rows.map((row) => [row.promptId, row.checklist]));
      const rows: readonly Refinement[] = prompts.rows.map((row) => {
        const turns_T = turns.flatMap((rowsOfTurn) => recordTurn(turns, rowsOfTurn, row.promptId));
        const ended = turns.map(({ ended }) => ended.get(row.promptId)).find((found) => found !== undefined);
        // Without verdicts that steer there is nothing to choose the best turn by.
        const policy = task.stage === 'self-refine' ? 'last' : returns;
        return {
          promptId: row.promptId,
          loop: task.stage,
          instruction: renderInstruction(row.messages),
          checklist: row.checklist,
          goldChecklist: goldChecklists.get(row.promptId) ?? [],
          turns_T,
          stopReason: ended?.reason ?? reasonAtLimit(turns.at(-1)?.judged.get(row.promptId)),
          turnedDown: ended?.turnedDown ?? null,
          returnedTurn: chooseReturnedTurn(turns_T, policy),
        };
      });
      await store.write({
        name,
        schema: 'refinement',
        step: 'finish-refinement',
        parents,
        configHash: task.run.configHash,
        policy: policyStamp(task.policy),
        shards: [rows],
        summary: {},
      });
    },
  };
}

/** The last turn's own evaluation may have ended it just as the limit did. */
function reasonAtLimit(judged: JudgedRollout | undefined): Refinement['stopReason'] {
  if (judged === undefined) return 'turn-limit';
  const decision = decideTurn(judged.outcome, judged.verdicts_I);
  return decision.rewrite ? 'turn-limit' : decision.reason;
}

async function readTurnRows(
  services: RunServices,
  { run, stage, shard }: ShardTask,
  turn: number,
  isRegenerated: boolean,
  parents: ArtifactRef[],
): Promise<TurnRows> {
  const { store } = services;
  const prefix = stageName(run.runName, turn, turn === 0 ? 'answer' : stage);
  const ownPrefix = stageName(run.runName, turn, stage);
  const judged = await readIfThere<JudgedGroup>(store, shardName(prefix, 'judged', shard), parents);
  const gold = await readIfThere<JudgedGroup>(store, shardName(prefix, 'gold', shard), parents);
  const hasOwnChecklists = isRegenerated && stage === 'refine' && turn > 0 && judged.length > 0;
  const own = hasOwnChecklists
    ? (await readPrompts(services, { runName: run.runName, stage, round: turn, shard })).rows
    : [];
  return {
    turn,
    checklists: new Map(own.map(({ promptId, checklist }) => [promptId, checklist])),
    rollouts: byPrompt(await readIfThere<Rollout>(store, shardName(prefix, 'rollouts', shard), parents)),
    judged: stage === 'refine' ? byPrompt(judged.flatMap(({ rollouts_G }) => rollouts_G)) : new Map(),
    gold: byPrompt(gold.flatMap(({ rollouts_G }) => rollouts_G)),
    critiques: byPrompt(await readIfThere<Rollout>(store, shardName(ownPrefix, 'critiques', shard), parents)),
    ended: byPrompt(await readIfThere<EndedPrompt>(store, shardName(ownPrefix, 'ended', shard), parents)),
  };
}

async function readIfThere<Row extends object>(
  store: ArtifactStore,
  name: string,
  parents: ArtifactRef[],
): Promise<readonly Row[]> {
  const manifest = await store.find(name);
  if (manifest === undefined) return [];
  parents.push(refOf(manifest));
  return (await readArtifact<Row>(store, name)).rows;
}

function byPrompt<Row extends { readonly promptId: string }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.promptId, row]));
}

function recordTurn(turns: readonly TurnRows[], rows: TurnRows, promptId: string): readonly TurnRecord[] {
  const rollout = rows.rollouts.get(promptId);
  if (rollout === undefined || !rollout.outcome.ok) return [];
  const judged = rows.judged.get(promptId);
  const gold = rows.gold.get(promptId);
  const critique = rows.critiques.get(promptId)?.outcome;
  const ownChecklist = rows.checklists.get(promptId) ?? null;
  const before = turns[rows.turn - 1]?.judged.get(promptId);
  return [
    {
      turn: rows.turn,
      text: rollout.outcome.text,
      finishReason: rollout.outcome.finishReason,
      verdicts_I: judged?.verdicts_I ?? [],
      passRate: judged?.passRate ?? null,
      gold_I: gold?.verdicts_I ?? [],
      goldPassRate: gold?.passRate ?? null,
      ...(ownChecklist === null
        ? compareVerdicts(before?.verdicts_I ?? [], judged?.verdicts_I ?? [])
        : { gained: [], lost: [] }),
      ownChecklist,
      tokens: rollout.tokens ?? { prompt: null, completion: null },
      critique: critique?.ok ? critique.text : null,
    },
  ];
}
