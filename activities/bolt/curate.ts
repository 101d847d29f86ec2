import { configOfLoop } from '../../configs/stage-sampling.ts';
import { boltName, boltQueriesPrefix, promptSetPrefix, shardName } from '../../domain/artifact-names.ts';
import type { BoltPrompt, CollectedQuery, Curated, CuratedQuery, DroppedQuery } from '../../domain/bolt/bolt-query.ts';
import type { DifficultyLabels } from '../../domain/bolt/difficulty.ts';
import type { ReferenceText } from '../../domain/bolt/evaluation-overlap.ts';
import { fileByTopic, keepHard } from '../../domain/bolt/keep-labelled.ts';
import { sampleTopics } from '../../domain/bolt/sample-topics.ts';
import { screenQueries } from '../../domain/bolt/screen-queries.ts';
import type { PromptSet, RunRef } from '../../domain/run.ts';
import { partition } from '../../domain/shards.ts';
import type { QueryLabels } from './label-queries.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

export interface CurateInput {
  readonly run: RunRef;
  /** Shards that the step before has left. */
  readonly shards: number;
}

/** The steps of the curation that look at all queries at once; between them each shard is labelled. */
export function createCurateActivities(provider: RunServicesProvider) {
  return {
    /** First turns, length, language, duplicates and overlap with evaluation sets. */
    async screenCollected({ run, shards }: CurateInput): Promise<PromptSet> {
      const services = await provider.of(run);
      const existing = await services.store.find(boltName(run.runName, 'screening'));
      if (existing !== undefined) return existing.summary as unknown as PromptSet;
      const rules = curationOf(services);
      const collected = await readShards<CollectedQuery>(services, boltQueriesPrefix(run.runName, 'collected'), shards);
      const references = await readArtifact<ReferenceText>(services.store, boltName(run.runName, 'references'));
      const { kept, dropped } = await withHeartbeats(async () => screenQueries(collected.rows, references.rows, rules));
      const brought = new Map(collected.rows.map((row) => [row.promptId, row]));
      const screened = kept.map((query) => {
        const { topic, difficulty } = brought.get(query.promptId) ?? {};
        return {
          ...query,
          ...(topic === undefined ? {} : { topic }),
          ...(difficulty === undefined ? {} : { difficulty }),
        };
      });
      const parents = [...collected.parents, references.ref];
      const prefix = boltQueriesPrefix(run.runName, 'screened');
      const set = await writeShards(services, run, screened, {
        prefix,
        kind: 'queries',
        step: 'screen-collected',
        parents,
      });
      await writeDropped(services, run, 'screening', dropped, { parents, summary: { ...set } });
      return set;
    },

    /** Difficulty and topics, by the labels of all shards, and the thinning out of topics. */
    async settleCuration({ run, shards }: CurateInput): Promise<PromptSet> {
      const services = await provider.of(run);
      const existing = await services.store.find(boltName(run.runName, 'curation'));
      if (existing !== undefined) return existing.summary as unknown as PromptSet;
      const prefix = boltQueriesPrefix(run.runName, 'screened');
      const screened = await readShards<CuratedQuery>(services, prefix, shards);
      const labels = await readShards<QueryLabels>(services, prefix, shards, 'labels');
      const { kept, dropped } = settle(services, screened.rows, labels.rows);
      const parents = [...screened.parents, ...labels.parents];
      const set = await writeShards(services, run, kept, {
        prefix: promptSetPrefix(run.runName, 'curated'),
        kind: 'prompts',
        step: 'settle-curation',
        parents,
      });
      await writeDropped(services, run, 'curation', dropped, { parents, summary: { ...set } });
      return set;
    },
  };
}

function settle(
  services: RunServices,
  screened: readonly CuratedQuery[],
  labels: readonly QueryLabels[],
): Curated<BoltPrompt> {
  const curation = curationOf(services);
  const asksDifficulty = curation.minDifficulty > 0;
  const difficulties = new Map(
    labels.flatMap(({ promptId, difficulty }) => (difficulty ? [[promptId, difficulty]] : [])),
  );
  const topics = new Map(labels.map(({ promptId, topic }) => [promptId, topic]));
  const hard: Curated<CuratedQuery & { readonly difficulty: DifficultyLabels | null }> = asksDifficulty
    ? keepHard(screened, difficulties, curation.minDifficulty)
    : { kept: screened.map((query) => ({ ...query, difficulty: null })), dropped: [] };
  const filed = fileByTopic(hard.kept, topics);
  const thinned = sampleTopics(filed.kept, curation.topicRule, services.config.seed);
  return {
    kept: thinned.kept.map(({ promptId, text, checklist, topic, difficulty }) => ({
      promptId,
      messages: [{ role: 'user', content: text }],
      checklist,
      topic,
      difficulty,
    })),
    dropped: [...hard.dropped, ...filed.dropped, ...thinned.dropped],
  };
}

function curationOf({ config }: RunServices) {
  const { curation } = configOfLoop(config, 'bolt');
  if (curation === undefined) throw new Error('The config has no curation.');
  return curation;
}

type Parents = Awaited<ReturnType<typeof readArtifact>>['ref'][];

async function readShards<Row extends object>(
  { store }: RunServices,
  prefix: string,
  shards: number,
  kind: 'queries' | 'labels' = 'queries',
): Promise<{ readonly rows: readonly Row[]; readonly parents: Parents }> {
  const read = await Promise.all(
    Array.from({ length: shards }, (_, shard) => readArtifact<Row>(store, shardName(prefix, kind, shard))),
  );
  return { rows: read.flatMap(({ rows }) => rows), parents: read.map(({ ref }) => ref) };
}

interface ShardPlace {
  readonly prefix: string;
  readonly kind: 'queries' | 'prompts';
  readonly step: string;
  readonly parents: Parents;
}

async function writeShards(
  { store, config }: RunServices,
  run: RunRef,
  rows: readonly object[],
  { prefix, kind, step, parents }: ShardPlace,
): Promise<PromptSet> {
  const shards = partition(rows, config.shards.rows);
  await Promise.all(
    shards.map((shard, index) =>
      store.write({
        name: shardName(prefix, kind, index),
        schema: 'bolt-query',
        step,
        parents,
        configHash: run.configHash,
        policy: null,
        shards: [shard],
        summary: {},
      }),
    ),
  );
  return { shards: shards.length, rows: rows.length };
}

async function writeDropped(
  { store }: RunServices,
  run: RunRef,
  step: 'screening' | 'curation',
  dropped: readonly DroppedQuery[],
  { parents, summary }: { readonly parents: Parents; readonly summary: { readonly [key: string]: number } },
): Promise<void> {
  await store.write({
    name: boltName(run.runName, step),
    schema: 'dropped-query',
    step,
    parents,
    configHash: run.configHash,
    policy: null,
    shards: [dropped],
    summary,
  });
}
