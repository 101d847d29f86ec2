import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { boltName, promptSetPrefix, roundName, shardName } from '../../domain/artifact-names.ts';
import type { BoltPrompt } from '../../domain/bolt/bolt-query.ts';
import { SFT_ROUND } from '../../domain/bolt/online-config.ts';
import { ConfigError } from '../../domain/errors.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { PromptSet, RunRef } from '../../domain/run.ts';
import { partition } from '../../domain/shards.ts';
import { readArtifact, refOf } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { locatePolicy } from '../serving/locate-weights.ts';

/** What a stage that is run alone goes on from. */
export interface AdoptedRun {
  readonly rows: number;
  /** `null` where the earlier run has tuned none. */
  readonly tuned: PolicyVersion | null;
  readonly followed: PromptSet;
}

/** What joins BOLT's stages to each other, within a run or from one run to the next. */
export function createBoltRunActivities(provider: RunServicesProvider) {
  return {
    /** Takes over what an earlier run of the same store has made, under this run's names and with its origin as parent. */
    async adoptRun({ run }: { readonly run: RunRef }): Promise<AdoptedRun> {
      const services = await provider.of(run);
      const { from, stages } = configOfLoop(services.config, 'bolt');
      if (from === undefined) throw new Error('The config names no run to go on from.');
      const rows = await adopt(services, run, boltName(from, 'sft-rows'), boltName(run.runName, 'sft-rows'));
      const followedShard = (name: string) => shardName(promptSetPrefix(name, 'followed'), 'prompts', 0);
      const followed = await adopt(services, run, followedShard(from), followedShard(run.runName));
      const isTuned = stages[0] === 'online';
      for (const step of ['training', 'curve', 'policy'] as const) {
        if (isTuned)
          await adopt(services, run, roundName(from, SFT_ROUND, step), roundName(run.runName, SFT_ROUND, step));
      }
      const policy = roundName(run.runName, SFT_ROUND, 'policy');
      const isThere = isTuned && (await services.store.find(policy)) !== undefined;
      if (isTuned ? !isThere : rows === 0) {
        throw new ConfigError(
          'config/unusable',
          `Run "${from}" of this store has no ${isTuned ? 'tuned policy' : 'rows of supervised fine-tuning'}: let it come that far first, or correct "from".`,
        );
      }
      const [recorded] = isThere ? (await readArtifact<PolicyVersion>(services.store, policy)).rows : [];
      const tuned = recorded && (await locatePolicy(services.store, recorded));
      checkKind(from, tuned, services.replaced !== undefined);
      return { rows, tuned: tuned ?? null, followed: { shards: followed === 0 ? 0 : 1, rows: followed } };
    },

    /**
     * The prompts of the online rounds: those of the config's file and the queries that are followed, or else every
     * curated query that can be judged.
     */
    async gatherOnlinePrompts({ run, opened }: GatherInput): Promise<PromptSet> {
      const services = await provider.of(run);
      const given = await readSet<PromptRow>(services, run, 'given', opened.given);
      const set = given.rows.length > 0 ? 'followed' : 'curated';
      const queries = await readSet<BoltPrompt>(services, run, set, opened[set]);
      const rows = [
        ...queries.rows.map(({ promptId, messages, checklist }) => ({ promptId, messages, checklist })),
        ...given.rows,
      ].filter(({ checklist }) => checklist.length > 0);
      const unique = [...new Map(rows.map((row) => [row.promptId, row])).values()];
      if (unique.length === 0) {
        throw new ConfigError(
          'config/unusable',
          'The online rounds have no prompt: no curated query brings a checklist. Name a file in data.train.',
        );
      }
      const shards = partition(unique, services.config.shards.rows);
      await Promise.all(
        shards.map((shard, index) =>
          services.store.write({
            name: shardName(promptSetPrefix(run.runName, 'train'), 'prompts', index),
            schema: 'prompt',
            step: 'gather-online-prompts',
            parents: [...queries.parents, ...given.parents],
            configHash: run.configHash,
            policy: null,
            shards: [shard],
            summary: {},
          }),
        ),
      );
      return { shards: shards.length, rows: unique.length };
    },
  };
}

export interface GatherInput {
  readonly run: RunRef;
  readonly opened: Readonly<Partial<Record<'given' | 'curated' | 'followed', PromptSet>>>;
}

/** A tuned adapter cannot be gone on from as whole weights, nor the other way round. */
function checkKind(from: string, tuned: PolicyVersion | undefined, trainsWhole: boolean): void {
  if (tuned === undefined || (tuned.checkpoint !== undefined) === trainsWhole) return;
  const [made, asked] = trainsWhole ? ['an adapter', 'full'] : ['whole weights', 'lora'];
  throw new ConfigError(
    'config/unusable',
    `Run "${from}" has tuned ${made}, and this run goes on from it with weights: ${asked}: set sft.weights and online.training.weights to ${trainsWhole ? 'lora' : 'full'}, or go on from another run.`,
  );
}

/** Copies one artifact; returns its rows, 0 where there is none. */
async function adopt({ store }: RunServices, run: RunRef, source: string, name: string): Promise<number> {
  const manifest = await store.find(source);
  if (manifest === undefined) return 0;
  const rows = await store.read<object>(refOf(manifest));
  await store.write({
    name,
    schema: manifest.schema,
    step: 'adopt-run',
    parents: [refOf(manifest)],
    configHash: run.configHash,
    policy: manifest.policy,
    shards: [rows],
    summary: manifest.summary,
  });
  return rows.length;
}

async function readSet<Row extends object>(
  { store }: RunServices,
  run: RunRef,
  set: 'given' | 'curated' | 'followed',
  size: PromptSet | undefined,
): Promise<{ readonly rows: readonly Row[]; readonly parents: readonly ArtifactRef[] }> {
  const read = await Promise.all(
    Array.from({ length: size?.shards ?? 0 }, (_, shard) =>
      readArtifact<Row>(store, shardName(promptSetPrefix(run.runName, set), 'prompts', shard)),
    ),
  );
  return { rows: read.flatMap(({ rows }) => rows), parents: read.map(({ ref }) => ref) };
}
