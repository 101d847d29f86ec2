import type { ArtifactStore } from '../../clients/artifact-store.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import {
  datasetName,
  synthesisPreferencesName,
  synthesisShardName,
  preferencesName,
} from '../../domain/artifact-names.ts';
import { UNIVERSAL_ITEMS } from '../../domain/checklist-writing/universal-items.ts';
import type { PreferencePair } from '../../domain/preference-pair.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { RunRef } from '../../domain/run.ts';
import { gatherShards } from '../../domain/shards.ts';
import { findBroken } from '../../domain/synthesis/check-row.ts';
import { drawPairs, promptOf, type PreferenceCounts } from '../../domain/synthesis/preference-pairs.ts';
import type { DatasetRow } from '../../domain/synthesis/settle-dataset.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { drawPreferenceReplies } from './preference-replies.ts';
import { readArtifact, refOf, requireArtifact } from '../artifacts/read-artifact.ts';
import { scorePreferences } from './score-preferences.ts';
import type { BatchTask } from './batch.ts';
import type { SynthesisServices, SynthesisServicesProvider } from './services.ts';

/** Pairs of a shard of the gathered ones: a few megabytes. */
const SHARD_ROWS = 1000;

/** What drawing pairs for a batch found and cost. */
export interface DrawnPreferences extends PreferenceCounts {
  /** Kept rows that no pair was drawn for, since they do not meet `preferences.only`. */
  readonly passedOver: number;
  /** For the replies and for scoring them. */
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Calls of the reward model, which writes nothing, and scoring calls whose tokens the server did not say. */
  readonly silentCalls: number;
  readonly uncountedCalls: number;
}

export interface GatherPreferencesInput {
  readonly run: RunRef;
  /** Batches of the run, all of which have their pairs; the dataset is there. */
  readonly batches: number;
}

/** Pairs that were gathered. */
export interface GatheredPreferences {
  readonly pairs: number;
  /** Pairs of kept rows that the dataset was not made of. */
  readonly outside: number;
}

/** Makes preference pairs of several replies to the queries that were kept. */
export function createDrawPreferencesActivities(provider: SynthesisServicesProvider) {
  return {
    /** Draws replies to each kept query of a batch, scores them, and pairs the best with the worst. */
    async drawPreferences({ run, batch }: BatchTask): Promise<DrawnPreferences> {
      const services = await provider.of(run);
      const { store } = services;
      const name = synthesisPreferencesName(run.runName, batch);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as DrawnPreferences;
      const kept = await readArtifact<SynthesisRow>(store, synthesisShardName(run.runName, 'kept', batch));
      const { pairs, counts } = await withHeartbeats(() => draw(services, kept.rows, name));
      await store.write({
        name,
        schema: 'preference-pair',
        step: 'draw-preferences',
        parents: [kept.ref],
        configHash: run.configHash,
        policy: `base:${services.seats.replier?.name ?? ''}`,
        shards: [pairs],
        summary: { ...counts },
      });
      return counts;
    },

    /** Puts the pairs of the dataset's rows into one artifact, which training on preferences reads; pairs of other rows are counted. */
    async gatherPreferences({ run, batches }: GatherPreferencesInput): Promise<GatheredPreferences> {
      const { store, seats } = await provider.of(run);
      const name = preferencesName(run.runName);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as GatheredPreferences;
      return withHeartbeats(async () => {
        const { inDataset, dataset, parts, counts } = await countPairs(store, run, batches);
        await store.write({
          name,
          schema: 'preference-pair',
          step: 'gather-preferences',
          parents: [dataset, ...parts],
          configHash: run.configHash,
          policy: `base:${seats.replier?.name ?? ''}`,
          shards: gatherShards(readPairs(store, parts, inDataset), SHARD_ROWS),
          summary: { ...counts },
        });
        return counts;
      });
    },
  };
}

/** Counts the pairs of the dataset's rows and of others, batch by batch. */
async function countPairs(store: ArtifactStore, run: RunRef, batches: number) {
  const dataset = refOf(await requireArtifact(store, datasetName(run.runName)));
  const inDataset = new Set<string>();
  for await (const rows of store.readShards<DatasetRow>(dataset)) for (const { rowId } of rows) inDataset.add(rowId);
  const parts: ArtifactRef[] = [];
  let pairs = 0;
  let outside = 0;
  for (let batch = 0; batch < batches; batch += 1) {
    const part = await readArtifact<PreferencePair>(store, synthesisPreferencesName(run.runName, batch));
    const inside = part.rows.filter(({ promptId }) => inDataset.has(promptId)).length;
    pairs += inside;
    outside += part.rows.length - inside;
    parts.push(part.ref);
  }
  return { inDataset, dataset, parts, counts: { pairs, outside } };
}

/** Reads the batches once more for the pairs of the dataset's rows, and holds those of one batch. */
async function* readPairs(
  store: ArtifactStore,
  parts: readonly ArtifactRef[],
  inDataset: ReadonlySet<string>,
): AsyncGenerator<PreferencePair, void> {
  for (const part of parts) {
    for (const pair of await store.read<PreferencePair>(part)) if (inDataset.has(pair.promptId)) yield pair;
  }
}

async function draw(services: SynthesisServices, rows: readonly SynthesisRow[], scope: string) {
  const { preferences } = services.quality;
  if (preferences === undefined) throw new Error('The config has no preferences.');
  const { only, minMargin, checklist } = preferences;
  const alive = rows.filter(({ dropped }) => dropped === undefined);
  const wanted = alive.filter((row) => findBroken(row, only, 'query') === null);
  const items = checklist?.map((question) => ({ question })) ?? UNIVERSAL_ITEMS;
  const prompts = wanted.map((row): PromptRow => ({ promptId: row.rowId, messages: promptOf(row), checklist: items }));
  const ledger = await services.ledgers.open(scope);
  try {
    const { rollouts, ...drawn } = await drawPreferenceReplies(services, ledger, prompts);
    const { groups, ...scored } = await scorePreferences(services, ledger, prompts, rollouts);
    const { pairs, counts } = drawPairs(prompts, groups, minMargin);
    const usage = {
      calls: drawn.calls + scored.calls,
      promptTokens: drawn.promptTokens + scored.promptTokens,
      completionTokens: drawn.completionTokens + scored.completionTokens,
      silentCalls: scored.silentCalls,
      uncountedCalls: scored.uncountedCalls,
    };
    return { pairs, counts: { ...counts, ...usage, passedOver: alive.length - wanted.length } };
  } finally {
    await ledger.close();
  }
}
