import { readFile } from 'node:fs/promises';
import type { ConfigOf } from '../../configs/schema/run-config.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { boltQueriesPrefix, shardName } from '../../domain/artifact-names.ts';
import type { CollectedQuery, CuratedQuery } from '../../domain/bolt/bolt-query.ts';
import {
  DIFFICULTY_CRITERIA,
  parseDifficulty,
  renderDifficultyPrompt,
  type DifficultyLabels,
} from '../../domain/bolt/difficulty.ts';
import type { LabelReply } from '../../domain/bolt/label-reply.ts';
import { parseTopic, renderTopicPrompt, type TopicList } from '../../domain/bolt/topics.ts';
import { NO_COUNTS, type RolloutCounts, type RunRef } from '../../domain/run.ts';
import { countCalls } from '../calls/counted-calls.ts';
import { askLabeller, type LabelCalls } from '../calls/label-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { ensureServed } from '../serving/serving.ts';
import { baseOf } from '../serving/whole-weights.ts';
import { seatPolicyAsWriter, type WriterSeat } from '../calls/writer-seat.ts';

/** What was read of one query. */
export interface QueryLabels {
  readonly promptId: string;
  /** `null` where nothing was asked: every difficulty is let through. */
  readonly difficulty: LabelReply<DifficultyLabels> | null;
  readonly topic: LabelReply<string>;
}

type ScreenedQuery = CuratedQuery & Pick<CollectedQuery, 'topic' | 'difficulty'>;

export interface LabelQueriesInput {
  readonly run: RunRef;
  readonly shard: number;
}

/** Asks a model, or the rows themselves, how hard the queries of a shard are and what they are about. */
export function createLabelQueriesActivities(provider: RunServicesProvider) {
  return {
    async labelQueries({ run, shard }: LabelQueriesInput): Promise<RolloutCounts> {
      const services = await provider.of(run);
      const { store } = services;
      const prefix = boltQueriesPrefix(run.runName, 'screened');
      const name = shardName(prefix, 'labels', shard);
      const existing = await store.find(name);
      if (existing !== undefined) return { ...NO_COUNTS, ...(existing.summary as Partial<RolloutCounts>) };
      const queries = await readArtifact<ScreenedQuery>(store, shardName(prefix, 'queries', shard));
      const { rows, usage } = await label(services, await seatLabeller(services, run), name, queries.rows);
      await store.write({
        name,
        schema: 'query-labels',
        step: 'label-queries',
        parents: [queries.ref],
        configHash: run.configHash,
        policy: null,
        shards: [rows],
        summary: { ...usage },
      });
      return { ...NO_COUNTS, ...usage };
    },
  };
}

/** The policy labels only as it was before any training; `null` where queries bring their labels. */
async function seatLabeller(services: RunServices, run: RunRef): Promise<WriterSeat | null> {
  const { policy, curation } = configOfLoop(services.config, 'bolt');
  if (curation?.labeller.by !== 'self') return services.bolt?.labeller ?? null;
  const server = await ensureServed(services, run, baseOf(services));
  return seatPolicyAsWriter(server, policy.model, services.policyLane);
}

type Usage = Pick<RolloutCounts, 'calls' | 'promptTokens' | 'completionTokens'>;

async function label(
  services: RunServices,
  seat: WriterSeat | null,
  scope: string,
  queries: readonly ScreenedQuery[],
): Promise<{ readonly rows: readonly QueryLabels[]; readonly usage: Usage }> {
  const { curation, seed } = configOfLoop(services.config, 'bolt');
  if (curation === undefined) throw new Error('The config has no curation.');
  if (seat === null) {
    const usage = { calls: 0, promptTokens: 0, completionTokens: 0 };
    return { rows: queries.map((query) => takeGiven(query, curation)), usage };
  }
  const templates = { difficulty: await readTemplate('difficulty'), topic: await readTemplate('topic') };
  const { result: rows, usage } = await countCalls(services.ledgers, { scope, total: queries.length }, (counted) => {
    const calls: LabelCalls = { ...counted, seat, config: curation.labeller, seed };
    return counted.each(seat.lane, queries, (query) => labelQuery(calls, templates, curation, query));
  });
  return { rows, usage };
}

async function labelQuery(
  calls: LabelCalls,
  templates: Readonly<Record<'difficulty' | 'topic', string>>,
  { minDifficulty, topics }: Curation,
  { promptId, text }: ScreenedQuery,
): Promise<QueryLabels> {
  const difficulty =
    minDifficulty === 0
      ? null
      : await askLabeller(calls, {
          kind: 'difficulty',
          promptId,
          template: templates.difficulty,
          content: renderDifficultyPrompt(templates.difficulty, text),
          parse: parseDifficulty,
        });
  const topic = await askLabeller(calls, {
    kind: 'topic',
    promptId,
    template: templates.topic,
    content: renderTopicPrompt(templates.topic, text, topics),
    parse: (reply, finishReason) => parseTopic(reply, finishReason, topics),
  });
  return { promptId, difficulty, topic };
}

type Curation = NonNullable<ConfigOf<'bolt'>['curation']>;

const MISSING = { ok: false, cause: 'empty', detail: 'the row brings none' } as const;

function takeGiven({ promptId, topic, difficulty }: ScreenedQuery, { minDifficulty, topics }: Curation): QueryLabels {
  const given: LabelReply<DifficultyLabels> =
    difficulty === undefined ? MISSING : { ok: true, label: toLabels(difficulty) };
  return {
    promptId,
    difficulty: minDifficulty === 0 ? null : given,
    topic: topic === undefined ? MISSING : readGivenTopic(topic, topics),
  };
}

function readGivenTopic(topic: string, topics: TopicList): LabelReply<string> {
  return Object.hasOwn(topics, topic)
    ? { ok: true, label: topic }
    : { ok: false, cause: 'malformed', detail: 'a topic beside the list' };
}

function toLabels(met: NonNullable<CollectedQuery['difficulty']>): DifficultyLabels {
  return Object.fromEntries(
    DIFFICULTY_CRITERIA.map((criterion) => [criterion, met.includes(criterion)]),
  ) as DifficultyLabels;
}

function readTemplate(kind: 'difficulty' | 'topic'): Promise<string> {
  return readFile(new URL(`../../prompts/query-${kind}.md`, import.meta.url), 'utf8');
}
