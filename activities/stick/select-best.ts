import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { shardName, stageName } from '../../domain/artifact-names.ts';
import { chooseHighest, chooseMajority, countDistinct } from '../../domain/best-of-n/baselines.ts';
import type { Candidate, Selection } from '../../domain/best-of-n/candidate.ts';
import { chooseBest } from '../../domain/best-of-n/choose-best.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import { callSeed } from '../../domain/random.ts';
import type { JudgedGroup, JudgedRollout } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { readArtifact, refOf } from '../artifacts/read-artifact.ts';
import { readPrompts } from '../artifacts/read-prompts.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import type { CandidateScore } from './score-candidates.ts';

/** Picks the best of N, and what each baseline would have picked. */
export function createSelectBestActivities(provider: RunServicesProvider) {
  return {
    async selectBest(task: ShardTask): Promise<void> {
      const services = await provider.of(task.run);
      const { store, config } = services;
      const { seed, bestOfN } = configOfLoop(config, 'best-of-n');
      const { runName } = task.run;
      const name = shardName(stageName(runName, 0, 'candidates'), 'results', task.shard);
      if ((await store.find(name)) !== undefined) return;
      const place = { runName, stage: 'candidates', round: 0, shard: task.shard } as const;
      const prompts = await readPrompts(services, place);
      const gold = await readPrompts(services, place, 'gold');
      const parents: ArtifactRef[] = [...prompts.parents];
      const judged = await readGroups(
        services,
        shardName(stageName(runName, 0, 'candidates'), 'judged', task.shard),
        parents,
      );
      const measured = await readGroups(
        services,
        shardName(stageName(runName, 0, 'candidates'), 'gold', task.shard),
        parents,
      );
      const greedy = await readGroups(
        services,
        shardName(stageName(runName, 0, 'greedy'), 'gold', task.shard),
        parents,
      );
      const selfScores = await readScores(services, task, 'self-scores', parents);
      const rewards = await readScores(services, task, 'rewards', parents);
      const goldChecklists = new Map(gold.rows.map((row) => [row.promptId, row.checklist]));

      const rows = prompts.rows.map((row): Selection => {
        const { promptId, checklist } = row;
        const rollouts = judged.get(promptId) ?? [];
        const candidates_N = rollouts.flatMap((rollout) =>
          toCandidate(rollout, measured.get(promptId)?.find(sameSample(rollout)), {
            selfScore: selfScores.get(scoreKey(rollout)) ?? null,
            reward: rewards.get(scoreKey(rollout)) ?? null,
          }),
        );
        const drawSeed = callSeed({ seed, stage: 'choose-best', round: 0, promptId, sampleIndex: 0 });
        const [greedyRollout] = greedy.get(promptId) ?? [];
        return {
          promptId,
          instruction: renderInstruction(row.messages),
          checklist,
          goldChecklist: goldChecklists.get(promptId) ?? [],
          candidates_N,
          failed: rollouts.length - candidates_N.length,
          distinct: countDistinct(candidates_N),
          ...chooseBest(checklist, candidates_N, drawSeed),
          selfScored: chooseHighest(candidates_N, ({ selfScore }) => selfScore),
          majority: bestOfN.baselines.includes('majority') ? chooseMajority(candidates_N) : null,
          rewarded: chooseHighest(candidates_N, ({ reward }) => reward),
          greedy:
            greedyRollout === undefined
              ? null
              : (toCandidate(greedyRollout, greedyRollout, { selfScore: null, reward: null })[0] ?? null),
        };
      });
      await store.write({
        name,
        schema: 'best-of-n-selection',
        step: 'select-best',
        parents,
        configHash: task.run.configHash,
        policy: policyStamp(task.policy),
        shards: [rows],
        summary: {},
      });
    },
  };
}

async function readGroups({ store }: RunServices, name: string, parents: ArtifactRef[]) {
  const manifest = await store.find(name);
  if (manifest === undefined) return new Map<string, readonly JudgedRollout[]>();
  parents.push(refOf(manifest));
  const { rows } = await readArtifact<JudgedGroup>(store, name);
  return new Map(rows.map(({ promptId, rollouts_G }) => [promptId, rollouts_G]));
}

async function readScores(
  { store }: RunServices,
  { run, shard }: ShardTask,
  kind: 'self-scores' | 'rewards',
  parents: ArtifactRef[],
): Promise<ReadonlyMap<string, number | null>> {
  const name = shardName(stageName(run.runName, 0, 'candidates'), kind, shard);
  const manifest = await store.find(name);
  if (manifest === undefined) return new Map();
  parents.push(refOf(manifest));
  const { rows } = await readArtifact<CandidateScore>(store, name);
  return new Map(rows.map((row) => [scoreKey(row), row.score]));
}

function scoreKey({ promptId, sampleIndex }: { readonly promptId: string; readonly sampleIndex: number }): string {
  return `${sampleIndex}\n${promptId}`;
}

function sameSample({ sampleIndex }: JudgedRollout): (other: JudgedRollout) => boolean {
  return (other) => other.sampleIndex === sampleIndex;
}

function toCandidate(
  { sampleIndex, outcome, verdicts_I, passRate }: JudgedRollout,
  gold: JudgedRollout | undefined,
  scores: Pick<Candidate, 'selfScore' | 'reward'>,
): readonly Candidate[] {
  if (!outcome.ok) return [];
  return [
    {
      sampleIndex,
      text: outcome.text,
      finishReason: outcome.finishReason,
      verdicts_I,
      passRate,
      gold_I: gold?.verdicts_I ?? [],
      goldPassRate: gold?.passRate ?? null,
      ...scores,
    },
  ];
}
